// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/rest_client.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <istream>
#include <limits>
#include <ostream>

#include "crypto/certificate_cache.h"
#include "kvconnect/answers.h"
#include "kvconnect/protocol_constants.h"
#include "kvconnect/retry.h"
#include "kvconnect/sigpipe_guard.h"
#include "mime/wiped_bytes.h"

namespace kvc::kvconnect {
namespace {

/// Keeps a good answer's body in `body`, that of the last attempt alone. `body` outlives the call.
void collect(Call& call, std::string& body) {
  call.sink = [&body](std::string_view piece) -> Status {
    body.append(piece);
    return {};
  };
  call.restart = [&body]() -> Status {
    body.clear();
    return {};
  };
}

/// Every public call runs in here: SIGPIPE blocked, no exception out (client.h).
template <class Value, class Body>
Value at_the_edge(Body&& body) {
  const SigpipeGuard guard;
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return Status(error::out_of_memory, "out of memory during a network call");
  } catch (const Poco::Exception& e) {
    return Status(error::internal, std::string("unexpected in a network call: ") + e.className());
  } catch (const std::exception&) {
    return Status(error::internal, "unexpected in a network call");
  }
}

Status general_refusal(int status) {
  switch (status) {
    case kStatusWrongCredentials:
      return {error::wrong_credentials, "the server does not accept the user name or password"};
    case kStatusForbidden:
      return {error::forbidden, "the server does not allow this to the account"};
    case kStatusNotFound:
      return {error::not_found, "the server does not have it"};
    case kStatusTooLarge:
      return {error::mail_too_large, "too large for the server"};
    case kStatusLocked:
      return {error::account_locked, "the account is locked on the server"};
    case kStatusTooMany:
    case kStatusUnavailable:
      return {error::server_busy, "the server is busy"};
    default:
      break;
  }
  if (status >= 300 && status < 400) {
    return {error::redirect_refused, "the server redirects a call that has no redirect"};
  }
  return {error::server_error, "the server refuses with status " + std::to_string(status)};
}

/// The refusals that mean something of their own for one call (protocol A, column "errors").
struct Special {
  int status;
  const ErrorCode* code;
  const char* detail;
};

Status with_status(Status status, const Answer& answer) {
  Status full = std::move(status).with("status", std::to_string(answer.head.status));
  const std::string text = shown_error_text(answer.error_body);
  return text.empty() ? std::move(full) : std::move(full).with("server_text", text);
}

Status special(Status general, const Answer& answer, std::initializer_list<Special> specials) {
  for (const Special& one : specials) {
    if (one.status == answer.head.status) {
      return with_status({*one.code, one.detail}, answer);
    }
  }
  return general;
}

Status send_stream(ByteStream& to, std::istream& from, std::uint64_t size) {
  mime::WipedBytes block(kTransferBlock);
  while (size > 0) {
    const auto most = static_cast<std::streamsize>(std::min<std::uint64_t>(size, block.size()));
    from.read(block.data(), most);
    const std::streamsize got = from.gcount();
    if (got <= 0) {
      return {error::file_unreadable, "the mail to send is shorter than announced"};
    }
    KVC_TRY(to.write(std::string_view(block.data(), static_cast<std::size_t>(got))));
    size -= static_cast<std::uint64_t>(got);
  }
  return {};
}

}  // namespace

RestClient::RestClient(ServerConfig config, ServerAddress server, Poco::Net::Context::Ptr context, Env& env, Log& log)
    : config_(std::move(config)),
      server_(std::move(server)),
      env_(env),
      log_(log),
      pool_(server_, std::move(context), {config_.connect_timeout, config_.receive_timeout}, config_.max_connections) {}

Result<std::unique_ptr<Client>> Client::create(ServerConfig config, Env& env, Log& log) {
  return at_the_edge<Result<std::unique_ptr<Client>>>([&]() -> Result<std::unique_ptr<Client>> {
    KVC_ASSIGN(ServerAddress server, parse_base_url(config.base_url));
    KVC_ASSIGN(const Poco::Net::Context::Ptr context, make_tls_context(config, server.host));
    return std::unique_ptr<Client>(new RestClient(std::move(config), std::move(server), context, env, log));
  });
}

// ---- requests, attempts, waiting ----

Result<Call> RestClient::call(const char* name, std::string_view pattern,
                              std::initializer_list<std::string_view> values, const Credentials* credentials) const {
  KVC_ASSIGN(const std::string path, fill_path(pattern, values));
  Call call;
  call.name = name;
  call.target = server_.path + path;
  call.credentials = credentials;
  call.answer_limit = kMaxSmallAnswer;
  return call;
}

Status RestClient::exchange(Call& call, ConnectionPool::Lease& lease, Attempt& attempt) {
  RequestHead head{call.method,       call.target,    server_.host_field(),
                   call.content_type, call.body_size, call.if_modified_since};
  KVC_ASSIGN(const Secret bytes, write_request_head(head, call.credentials ? &call.credentials->username : nullptr,
                                                    call.credentials ? &call.credentials->password : nullptr));
  attempt.sent = true;
  Status written = lease->write(bytes.reveal());
  if (written.ok() && call.write_body) {
    written = call.write_body(*lease);
  }
  // A server that refuses an upload may answer and close before it has read all of it: look for that answer.
  if (!written.ok() && !written.is(error::connection_lost)) {
    return written;
  }
  ResponseReader reader(*lease);
  auto answered = reader.read_head();
  attempt.reused = lease.reused() && !reader.answered();
  if (!answered.ok()) {
    return written.ok() ? answered.status() : written;
  }
  attempt.answer.head = std::move(answered).value();
  if (!written.ok() && attempt.answer.good()) {
    return written;  // success for half a request is none
  }
  if (!attempt.answer.good()) {
    std::string& text = attempt.answer.error_body;
    const Status body = reader.read_body(attempt.answer.head, kMaxErrorBody, [&](std::string_view piece) -> Status {
      text.append(piece);
      return {};
    });
    if (body.is(error::cancelled)) {
      return body;
    }
    if (body.ok() && written.ok() && reader.reusable()) {
      lease.release();
    }
    return {};  // the refusal counts, however its explanation arrived
  }
  KVC_TRY(reader.read_body(attempt.answer.head, call.answer_limit, call.sink));
  if (reader.reusable()) {
    lease.release();
  }
  return {};
}

RestClient::Attempt RestClient::attempt(Call& call, bool fresh, const Cancel& cancel) {
  Attempt attempt;
  auto lease = pool_.acquire(fresh, cancel);
  if (!lease.ok()) {
    attempt.status = lease.status();
    return attempt;
  }
  attempt.status = exchange(call, *lease, attempt);
  return attempt;
}

std::optional<Millis> RestClient::next_attempt(const Call& call, const Attempt& attempt, int attempts) const {
  if (attempts >= config_.max_attempts || (call.once && attempt.sent)) {
    return std::nullopt;
  }
  const bool lost = attempt.status.is(error::unreachable) || attempt.status.is(error::timeout) ||
                    attempt.status.is(error::connection_lost);
  const bool busy = attempt.status.ok() && is_transient(attempt.answer.head.status);
  if (!lost && !busy) {
    return std::nullopt;
  }
  const Millis own = backoff(attempts, config_.backoff_base, config_.backoff_cap, env_.jitter());
  const auto asked = parse_retry_after(attempt.answer.head.field("Retry-After"), env_.now());
  if (!asked) {
    return own;
  }
  if (*asked > config_.backoff_cap) {
    return std::nullopt;  // too long to sit and wait: the caller plans it (Status::retry_after)
  }
  return std::max(*asked, own);
}

Result<Answer> RestClient::run(Call& call, const Cancel& cancel) {
  bool fresh = call.once;
  for (int attempts = 1;; ++attempts) {
    Attempt one = attempt(call, fresh, cancel);
    one.answer.attempts = attempts;
    log_.write(LogLevel::debug, "kvconnect",
               std::string(call.name) + ": " +
                   (one.status.ok() ? std::to_string(one.answer.head.status) : std::string(one.status.code().key)));
    // A kept connection the server closed at this very moment is nobody's failure: once more, at once, on a new one.
    const bool stale = one.reused && one.status.is(error::connection_lost);
    const auto delay = stale ? std::optional<Millis>(Millis(0)) : next_attempt(call, one, attempts);
    if (!delay) {
      if (!one.status.ok()) {
        return one.status;
      }
      return std::move(one.answer);
    }
    fresh = call.once || stale;
    if (call.restart) {
      KVC_TRY(call.restart());
    }
    if (*delay > Millis(0) && env_.sleep(*delay, cancel.flag())) {
      return Status(error::cancelled, "cancelled while waiting to try again");
    }
  }
}

// ---- answers ----

Status RestClient::forbidden(const Call& call, const Answer& answer, const Cancel& cancel) {
  Status plain = with_status(general_refusal(kStatusForbidden), answer);
  const bool always_answers = call.target.starts_with(server_.path + "login/") ||
                              std::string_view(call.name).find("accounts/{uid}/password") != std::string_view::npos ||
                              std::string_view(call.name) == "GET accounts/{uid}";
  if (call.credentials == nullptr || always_answers) {
    return plain;
  }
  // Before the initial password is changed everything else answers 403 too; only the account itself tells them apart.
  const auto account = login(*call.credentials, cancel);
  if (account.ok() && account->password_change_needed) {
    return with_status({error::password_change_needed, "the initial password must be changed first"}, answer);
  }
  return plain;
}

Status RestClient::refused(const Call& call, const Answer& answer, const Cancel& cancel) {
  if (answer.head.status == kStatusForbidden) {
    return forbidden(call, answer, cancel);
  }
  Status status = with_status(general_refusal(answer.head.status), answer);
  const auto asked = parse_retry_after(answer.head.field("Retry-After"), env_.now());
  return asked && is_transient(answer.head.status) ? std::move(status).retry_in(*asked) : std::move(status);
}

Result<std::string> RestClient::text(Call& call, const Cancel& cancel) {
  std::string body;
  collect(call, body);
  KVC_ASSIGN(const Answer answer, run(call, cancel));
  if (!answer.good()) {
    return refused(call, answer, cancel);
  }
  return body;
}

Result<crypto::Certificate> RestClient::certificate(Call& call, const Cancel& cancel) {
  auto xml = text(call, cancel);
  if (xml.status().is(error::not_found)) {
    return Status(error::no_certificate, "the server has no certificate");
  }
  if (!xml.ok()) {
    return xml.status();
  }
  KVC_ASSIGN(const std::string pem, parse_certificate(*xml));
  auto parsed = crypto::shared_certificate_of_pem(pem);
  if (!parsed.ok()) {
    return Status(error::bad_answer, "what the server calls a certificate is none");
  }
  return parsed;
}

Result<Answer> RestClient::download(Call& call, std::ostream& out, std::uint64_t limit, const Cancel& cancel) {
  const std::ostream::pos_type start = out.tellp();
  std::uint64_t written = 0;
  std::uint64_t longest = 0;
  call.answer_limit = limit;
  call.sink = [&](std::string_view piece) -> Status {
    out.write(piece.data(), static_cast<std::streamsize>(piece.size()));
    written += piece.size();
    longest = std::max(longest, written);
    return out ? Status() : Status(error::file_unwritable, "the received bytes cannot be written");
  };
  call.restart = [&]() -> Status {
    if (written == 0) {
      return {};
    }
    written = 0;
    if (start == std::ostream::pos_type(-1) || !out.seekp(start)) {
      return {error::connection_lost, "the transfer broke off and its output cannot be rewound"};
    }
    return {};
  };
  KVC_ASSIGN(Answer answer, run(call, cancel));
  if (answer.good() && !out.flush()) {
    return Status(error::file_unwritable, "the received bytes cannot be written");
  }
  if (answer.good() && written < longest) {
    // The tail of the broken attempt would stay behind the whole one.
    return Status(error::bad_answer, "the same resource came in two lengths");
  }
  return answer;
}

// ---- the protocol table ----

Result<std::string> RestClient::version(const Cancel& cancel) {
  return at_the_edge<Result<std::string>>([&]() -> Result<std::string> {
    KVC_ASSIGN(Call one, call("GET server/version", kPathVersion, {}, nullptr));
    KVC_ASSIGN(const std::string body, text(one, cancel));
    return parse_version(body);
  });
}

Result<AccountInfo> RestClient::login(const Credentials& credentials, const Cancel& cancel) {
  return at_the_edge<Result<AccountInfo>>([&]() -> Result<AccountInfo> {
    KVC_ASSIGN(Call one, call("GET login/{username}", kPathLogin, {credentials.username}, &credentials));
    std::string body;
    collect(one, body);
    for (int redirects = 0; redirects <= kMaxRedirects; ++redirects) {
      KVC_ASSIGN(const Answer answer, run(one, cancel));
      if (answer.good()) {
        return parse_account(body);
      }
      if (answer.head.status < 300 || answer.head.status >= 400) {
        return refused(one, answer, cancel);
      }
      // Never to another server: the credentials go with the request.
      KVC_ASSIGN(one.target, same_origin_target(server_, one.target, answer.head.field("Location")));
      body.clear();
    }
    return Status(error::redirect_refused, "the server redirects the login in circles");
  });
}

Result<AccountInfo> RestClient::account(const Credentials& credentials, std::string_view uid, const Cancel& cancel) {
  return at_the_edge<Result<AccountInfo>>([&]() -> Result<AccountInfo> {
    KVC_ASSIGN(Call one, call("GET accounts/{uid}", kPathAccount, {uid}, &credentials));
    KVC_ASSIGN(const std::string body, text(one, cancel));
    return parse_account(body);
  });
}

Status RestClient::change_password(const Credentials& old, std::string_view uid, const Secret& new_password,
                                   const Cancel& cancel) {
  return at_the_edge<Status>([&]() -> Status {
    KVC_ASSIGN(Call one, call("POST accounts/{uid}/password", kPathPassword, {uid}, &old));
    one.method = "POST";
    one.content_type = kTypeText;
    one.body_size = new_password.size();
    one.write_body = [&](ByteStream& to) { return to.write(new_password.reveal()); };
    one.sink = [](std::string_view) { return Status(); };
    one.once = true;
    KVC_ASSIGN(const Answer answer, run(one, cancel));
    if (answer.good()) {
      return {};
    }
    return special(refused(one, answer, cancel), answer,
                   {{kStatusBadRequest, &error::password_empty, "the new password is empty"},
                    {kStatusPasswordRules, &error::password_rules, "the new password violates the server's rules"}});
  });
}

Result<std::string> RestClient::post_csr(const Credentials& credentials, std::string_view csr_pem,
                                         const Cancel& cancel) {
  return at_the_edge<Result<std::string>>([&]() -> Result<std::string> {
    KVC_ASSIGN(Call one, call("POST csr", kPathCsr, {}, &credentials));
    one.method = "POST";
    one.content_type = kTypeCsr;
    one.body_size = csr_pem.size();
    one.write_body = [&](ByteStream& to) { return to.write(csr_pem); };
    std::string body;
    collect(one, body);
    KVC_ASSIGN(const Answer answer, run(one, cancel));
    if (answer.good()) {
      return last_segment(body);
    }
    return special(refused(one, answer, cancel), answer,
                   {{kStatusBadRequest, &error::csr_rejected, "the server does not accept the certificate request"}});
  });
}

Result<std::vector<CsrStatusEntry>> RestClient::csr_status(const Credentials& credentials, std::string_view csr_id,
                                                           const Cancel& cancel) {
  return at_the_edge<Result<std::vector<CsrStatusEntry>>>([&]() -> Result<std::vector<CsrStatusEntry>> {
    KVC_ASSIGN(Call one, call("GET csr/{csrId}", kPathCsrStatus, {csr_id}, &credentials));
    KVC_ASSIGN(const std::string body, text(one, cancel));
    return parse_csr_status(body);
  });
}

Result<crypto::Certificate> RestClient::certificate_by_uid(const Credentials& credentials, std::string_view uid,
                                                           const Cancel& cancel) {
  return at_the_edge<Result<crypto::Certificate>>([&]() -> Result<crypto::Certificate> {
    KVC_ASSIGN(Call one, call("GET certificates?uid=", kPathCertificateByUid, {uid}, &credentials));
    return certificate(one, cancel);
  });
}

Result<crypto::Certificate> RestClient::certificate_of(const Credentials& credentials, std::string_view address,
                                                       const Cancel& cancel) {
  return at_the_edge<Result<crypto::Certificate>>([&]() -> Result<crypto::Certificate> {
    KVC_ASSIGN(Call one, call("GET certificates?email=", kPathCertificateByEmail, {address}, &credentials));
    return certificate(one, cancel);
  });
}

Status RestClient::delete_certificate(const Credentials& credentials, std::string_view uid, const Cancel& cancel) {
  return at_the_edge<Status>([&]() -> Status {
    KVC_ASSIGN(Call one, call("DELETE accounts/{uid}/certificate", kPathCertificate, {uid}, &credentials));
    one.method = "DELETE";
    one.sink = [](std::string_view) { return Status(); };
    KVC_ASSIGN(const Answer answer, run(one, cancel));
    const bool gone_before = answer.head.status == kStatusNotFound && answer.attempts > 1;
    if (answer.good() || gone_before) {
      return {};  // an attempt whose answer was lost may have removed it
    }
    return special(refused(one, answer, cancel), answer,
                   {{kStatusNotFound, &error::no_certificate, "the server has no certificate"}});
  });
}

Result<bool> RestClient::address_book(BookFormat format, std::string_view if_modified_since, std::string& last_modified,
                                      std::ostream& out, const Cancel& cancel) {
  return at_the_edge<Result<bool>>([&]() -> Result<bool> {
    const std::string_view path = format == BookFormat::json ? kPathBookJson : kPathBookXml;
    KVC_ASSIGN(Call one, call("GET vzd", path, {}, nullptr));
    one.if_modified_since = if_modified_since;
    KVC_ASSIGN(const Answer answer, download(one, out, kMaxAddressBook, cancel));
    if (answer.head.status == kStatusNotModified) {
      return false;
    }
    if (!answer.good()) {
      return refused(one, answer, cancel);
    }
    last_modified = answer.head.field("Last-Modified");
    return true;
  });
}

Result<std::vector<transport::WaitingMail>> RestClient::list(const Credentials& credentials, std::string_view uid,
                                                             std::size_t limit, const Cancel& cancel) {
  return at_the_edge<Result<std::vector<transport::WaitingMail>>>([&]() -> Result<std::vector<transport::WaitingMail>> {
    if (limit == 0) {
      return std::vector<transport::WaitingMail>();
    }
    const std::size_t asked = std::min(limit, kMaxListed);
    KVC_ASSIGN(Call one,
               call("GET accounts/{uid}/headers", kPathHeaders, {uid, "0", std::to_string(asked)}, &credentials));
    one.answer_limit = kMaxHeaderList;
    KVC_ASSIGN(const std::string body, text(one, cancel));
    return parse_headers(body, asked);
  });
}

Status RestClient::fetch(const Credentials& credentials, std::string_view uid, std::string_view message_id,
                         std::ostream& out, const Cancel& cancel) {
  return at_the_edge<Status>([&]() -> Status {
    KVC_ASSIGN(Call one, call("GET accounts/{uid}/mails/{id}", kPathMail, {uid, message_id}, &credentials));
    KVC_ASSIGN(const Answer answer, download(one, out, std::numeric_limits<std::uint64_t>::max(), cancel));
    return answer.good() ? Status() : refused(one, answer, cancel);
  });
}

Status RestClient::remove(const Credentials& credentials, std::string_view uid, std::string_view message_id,
                          const Cancel& cancel) {
  return at_the_edge<Status>([&]() -> Status {
    KVC_ASSIGN(Call one, call("DELETE accounts/{uid}/mails/{id}", kPathMail, {uid, message_id}, &credentials));
    one.method = "DELETE";
    one.sink = [](std::string_view) { return Status(); };
    KVC_ASSIGN(const Answer answer, run(one, cancel));
    return answer.good() || answer.head.status == kStatusNotFound ? Status() : refused(one, answer, cancel);
  });
}

Status RestClient::submit(const Credentials& credentials, std::istream& mail, std::uint64_t size,
                          const Cancel& cancel) {
  return at_the_edge<Status>([&]() -> Status {
    KVC_ASSIGN(Call one, call("POST mails", kPathMails, {}, &credentials));
    const std::istream::pos_type start = mail.tellg();
    one.method = "POST";
    one.content_type = kTypeText;
    one.body_size = size;
    one.write_body = [&](ByteStream& to) { return send_stream(to, mail, size); };
    one.restart = [&]() -> Status {
      mail.clear();
      return mail.seekg(start) ? Status() : Status(error::file_unreadable, "the mail to send cannot be read again");
    };
    one.sink = [](std::string_view) { return Status(); };
    KVC_ASSIGN(const Answer answer, run(one, cancel));
    if (answer.good() || answer.head.status == kStatusAlreadyThere) {
      return {};  // 409: an earlier attempt, of this process or one before it, arrived
    }
    return special(refused(one, answer, cancel), answer,
                   {{kStatusBadRequest, &error::mail_rejected, "the server does not accept the mail"},
                    {kStatusNotFound, &error::unknown_recipient, "the server does not know a recipient"}});
  });
}

}  // namespace kvc::kvconnect
