// SPDX-License-Identifier: Apache-2.0
// The host's services, as the commands use them: typed, with the host's errors turned into a Status.
#pragma once

#include <cstdint>
#include <optional>
#include <pvs/plugin.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/log.h"
#include "base/secret.h"
#include "base/status.h"
#include "pvs/v1/host.pb.h"
#include "vault/key_custody.h"

namespace kvc::plugin {

struct Directories {
  std::string data, cache, user;
};
struct CreatedFile {
  std::uint64_t stream_id = 0;
  std::string display_path;
};

/// A place of the practice (Betriebsstaette).
struct PracticeSite {
  std::string bsnr, name;
  std::string kv_code;  ///< two digits
};
/// A file the host opened for reading; its stream is the receiver's to close.
struct HostFile {
  std::uint64_t stream_id = 0;
  std::string name;
  std::uint64_t size = 0;
};

/// A document of the patient record that exists once its stream is closed with everything written.
struct DeliveredDocument {
  std::uint64_t stream_id = 0;
  std::string document_id;
};

/// Thread: [any], no lock may be held by the caller. A service the host does not have gives host_missing_service, a
/// refusal host_refused, with the host's code as detail.
class HostServices {
 public:
  explicit HostServices(pvs::HostClient& client) : client_(client) {}

  Result<pvs::v1::UserCurrentReply::Current> current_user(const std::string& session_id);
  /// Id and display name of every user of the practice.
  Result<std::vector<std::pair<std::string, std::string>>> users();
  /// BSNR and name of the sites of the practice the session belongs to.
  Result<std::vector<PracticeSite>> practice_sites(const std::string& session_id);
  /// Name of the practice the session belongs to, and its user's.
  struct Staff {
    std::string practice, user;
  };
  Result<Staff> staff(const std::string& session_id);
  /// A document of the record; its stream is the receiver's to close.  [worker]
  Result<pvs::v1::DocumentFetchReply::Document> fetch_document(const std::string& session_id,
                                                               const std::string& document_id);
  /// Asks the person for files of their own. Error: cancelled if they chose none.  [worker]
  Result<std::vector<HostFile>> choose_files(const std::string& session_id, const std::string& title,
                                             const std::vector<std::string>& patterns);
  /// Opens a page in the user's browser.
  Status open_url(const std::string& session_id, const std::string& url);
  Result<Directories> directories(const std::string& user_id);
  /// A new file in the user's directory.
  Result<CreatedFile> create_file(const std::string& session_id, const std::string& user_id, const std::string& name,
                                  const std::string& media_type);
  /// The patient who is selected in the session; none if nobody is. Error: host_missing_service if the host tells no
  /// patients.
  Result<std::optional<pvs::v1::Patient>> current_patient(const std::string& session_id);
  /// Hands a document over; the host asks whose it is.  [worker]
  Result<DeliveredDocument> deliver_document(const pvs::v1::DocumentDeliverRequest& request);
  Result<std::string> seal(std::string_view user_id, const Secret& plaintext, std::string_view associated_data);
  Result<Secret> unseal(std::string_view user_id, std::string_view sealed, std::string_view associated_data);

  // What follows is told, not asked: a host that does not take it is noted in the log, and the work goes on.
  void notify(const pvs::v1::NotifyRequest& request);
  void audit(const std::string& user_id, const std::string& event, const std::string& object, bool success,
             const std::vector<std::pair<std::string, std::string>>& details = {});
  void set_schedule(const std::string& id, std::int64_t every_ms, std::int64_t jitter_ms);

  [[nodiscard]] pvs::HostClient& client() noexcept { return client_; }

 private:
  void note(pvs_status status, const pvs::v1::Error* error, const char* what);
  pvs::HostClient& client_;
};

/// Key custody by the host (design section 4). Thread: [any].
class HostKeyCustody final : public vault::KeyCustody {
 public:
  explicit HostKeyCustody(HostServices& host) : host_(host) {}
  Result<std::string> seal(std::string_view user_id, const Secret& plaintext,
                           std::string_view associated_data) override {
    return host_.seal(user_id, plaintext, associated_data);
  }
  Result<Secret> unseal(std::string_view user_id, std::string_view sealed, std::string_view associated_data) override {
    return host_.unseal(user_id, sealed, associated_data);
  }

 private:
  HostServices& host_;
};

/// The core's log lines go to the host's log. Thread: [any].
class HostLog final : public Log {
 public:
  explicit HostLog(pvs::HostClient& client) : client_(client) {}
  void write(LogLevel level, std::string_view component, std::string_view text) override {
    client_.log(static_cast<std::int32_t>(level), component, text);
  }

 private:
  pvs::HostClient& client_;
};

}  // namespace kvc::plugin
