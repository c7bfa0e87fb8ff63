// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/certificates.h"

#include <openssl/pem.h>

#include <algorithm>
#include <limits>

#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

constexpr int kDone = 999;
constexpr int kFailed = 900;
constexpr int kCancelled = 901;
constexpr int kRejected = 902;
constexpr int kWrongSubject = 903;
// Steps after the request at which the certificate is there (299) and published (399).
constexpr int kIssuedAfter = 4;
constexpr int kPublishedAfter = 5;
constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::vector<int> path_to(int outcome) {
  if (outcome == kRejected || outcome == kWrongSubject) {
    return {100, outcome};
  }
  if (outcome == kFailed) {
    return {100, 110, 120, 210, kFailed};
  }
  return {100, 110, 120, 210, 299, 399, kDone};
}

constexpr const char* kColumns =
    "SELECT c.serial, c.uid, a.email, c.pem, c.valid_from, c.valid_to FROM certificate c JOIN account a ON a.uid=c.uid "
    "WHERE c.removed=0 AND c.published<=? ";

StoredCertificate certificate_from(const Query& q) {
  return {q.text(0), q.text(1), q.text(2), q.text(3), q.number(4), q.number(5)};
}

KeyPtr key_of(std::string_view csr_pem) {
  BioPtr in = bio_over(csr_pem);
  ReqPtr req(PEM_read_bio_X509_REQ(in.get(), nullptr, nullptr, nullptr));
  ensure(req != nullptr, "a stored request cannot be read");
  return KeyPtr(X509_REQ_get_pubkey(req.get()));
}

std::vector<CsrState> states_until(int outcome, std::int64_t created, std::int64_t step, std::int64_t now,
                                   std::int64_t cancelled) {
  std::vector<CsrState> reached;
  std::int64_t time = created;
  for (const int status : path_to(outcome)) {
    const bool over = time > now || (time >= cancelled && status != 100);
    if (over) {
      break;
    }
    reached.push_back({status, time});
    time += step;
  }
  if (cancelled != kNever && reached.back().status < kFailed) {
    reached.push_back({kCancelled, cancelled});
  }
  std::reverse(reached.begin(), reached.end());
  return reached;
}

}  // namespace

CertificateDesk::CertificateDesk(Storage& storage, AccountStore& accounts, const Pki& pki, std::int64_t step_ms)
    : storage_(storage), accounts_(accounts), pki_(pki), step_ms_(step_ms) {}

std::optional<std::string> CertificateDesk::submit(const Account& account, std::string_view pem) {
  KeyPtr key;
  const CsrFault fault = check_csr(pem, account.username, key);
  if (fault == CsrFault::kMalformed) {
    return std::nullopt;
  }
  const bool refused = account.csr_mode == "reject" || fault == CsrFault::kWeakKey;
  const int outcome = fault == CsrFault::kWrongSubject ? kWrongSubject
                      : refused                        ? kRejected
                      : account.csr_mode == "ca_down"  ? kFailed
                                                       : kDone;
  const std::lock_guard lock(storage_.mutex);
  advance();
  Transaction transaction(storage_.db);
  const std::int64_t now = storage_.now_ms();
  if (outcome == kDone || outcome == kFailed) {
    // A finished request keeps its end: only one whose last state still lies ahead is cancelled.
    Query(storage_.db,
          "UPDATE csr SET cancelled=? WHERE uid=? AND cancelled IS NULL AND created + step * "
          "(CASE outcome WHEN 999 THEN 6 WHEN 900 THEN 4 ELSE 1 END) > ?")
        .bind(now)
        .bind(account.uid)
        .bind(now)
        .run();
    Query(storage_.db, "UPDATE certificate SET removed=1 WHERE uid=?").bind(account.uid).run();
  }
  const std::string id = random_uuid();
  Query(storage_.db, "INSERT INTO csr(id, uid, pem, created, step, outcome) VALUES(?,?,?,?,?,?)")
      .bind(id)
      .bind(account.uid)
      .bind(pem)
      .bind(now)
      .bind(step_ms_)
      .bind(std::int64_t{outcome})
      .run();
  transaction.commit();
  return id;
}

std::optional<std::vector<CsrState>> CertificateDesk::states(const Account& account, std::string_view id) {
  const std::lock_guard lock(storage_.mutex);
  advance();
  Query q(storage_.db, "SELECT outcome, created, step, cancelled FROM csr WHERE id=? AND uid=?");
  q.bind(id).bind(account.uid);
  if (!q.step()) {
    return std::nullopt;
  }
  const std::int64_t cancelled = q.is_null(3) ? kNever : q.number(3);
  // The clock may have been set back since: the first state is there in any case.
  const std::int64_t now = std::max(storage_.now_ms(), q.number(1));
  return states_until(static_cast<int>(q.number(0)), q.number(1), q.number(2), now, cancelled);
}

void CertificateDesk::advance() {
  struct Due {
    std::string id, uid, pem;
    std::int64_t created, step;
  };
  std::vector<Due> due;
  Query q(storage_.db,
          "SELECT id, uid, pem, created, step FROM csr WHERE outcome=999 AND cancelled IS NULL AND serial IS NULL AND "
          "created + step * 4 <= ?");
  q.bind(storage_.now_ms());
  while (q.step()) {
    due.push_back({q.text(0), q.text(1), q.text(2), q.number(3), q.number(4)});
  }
  for (const Due& d : due) {
    const std::optional<Account> account = accounts_.by_uid(d.uid);
    const KeyPtr key = key_of(d.pem);
    Transaction transaction(storage_.db);
    std::string serial;
    X509Ptr cert;
    issue(*account, key.get(), d.created + d.step * kIssuedAfter, d.created + d.step * kPublishedAfter, serial, cert);
    Query(storage_.db, "UPDATE csr SET serial=? WHERE id=?").bind(serial).bind(d.id).run();
    transaction.commit();
  }
}

void CertificateDesk::issue(const Account& account, EVP_PKEY* key, std::int64_t at, std::int64_t published,
                            std::string& serial, X509Ptr& cert) {
  const bool has_code = account.uid.find('@') != std::string::npos;
  const std::string uid = has_code ? account.uid : account.uid + "@" + account.display.kv;
  const UserSubject subject{account.email, uid, account.display.cn, account.display.o};
  cert =
      pki_.issue_user(key, subject, account.foreign_ca, static_cast<std::time_t>(at / 1000), account.certificate_days);
  serial = serial_hex(cert.get());
  Query(storage_.db, "INSERT INTO certificate VALUES(?,?,?,?,?,?,0)")
      .bind(serial)
      .bind(account.uid)
      .bind(to_pem(cert.get()))
      .bind(std::int64_t{not_before(cert.get())} * 1000)
      .bind(std::int64_t{not_after(cert.get())} * 1000)
      .bind(published)
      .run();
}

std::optional<StoredCertificate> CertificateDesk::published(std::string_view uid) {
  const std::lock_guard lock(storage_.mutex);
  advance();
  Query q(storage_.db, std::string(kColumns) + "AND c.uid=? ORDER BY c.published DESC LIMIT 1");
  q.bind(storage_.now_ms()).bind(uid);
  if (!q.step()) {
    return std::nullopt;
  }
  return certificate_from(q);
}

std::optional<StoredCertificate> CertificateDesk::published_not_of(std::string_view uid) {
  const std::lock_guard lock(storage_.mutex);
  advance();
  Query q(storage_.db, std::string(kColumns) + "AND c.uid<>? ORDER BY c.published DESC LIMIT 1");
  q.bind(storage_.now_ms()).bind(uid);
  if (!q.step()) {
    return std::nullopt;
  }
  return certificate_from(q);
}

std::vector<StoredCertificate> CertificateDesk::all_published() {
  const std::lock_guard lock(storage_.mutex);
  advance();
  Query q(storage_.db, std::string(kColumns) + "ORDER BY c.published");
  q.bind(storage_.now_ms());
  std::vector<StoredCertificate> list;
  while (q.step()) {
    list.push_back(certificate_from(q));
  }
  return list;
}

bool CertificateDesk::remove(std::string_view uid) {
  const std::lock_guard lock(storage_.mutex);
  advance();
  Query(storage_.db, "UPDATE certificate SET removed=1 WHERE uid=? AND removed=0 AND published<=?")
      .bind(uid)
      .bind(storage_.now_ms())
      .run();
  return storage_.db.changes() > 0;
}

X509Ptr CertificateDesk::issue_directly(const Account& account, EVP_PKEY* key) {
  const std::lock_guard lock(storage_.mutex);
  Transaction transaction(storage_.db);
  Query(storage_.db, "UPDATE certificate SET removed=1 WHERE uid=?").bind(account.uid).run();
  std::string serial;
  X509Ptr cert;
  issue(account, key, storage_.now_ms(), storage_.now_ms(), serial, cert);
  transaction.commit();
  return cert;
}

}  // namespace kvserver
