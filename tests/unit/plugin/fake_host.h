// SPDX-License-Identifier: Apache-2.0
// A host in the same process: the C table a plugin gets, with everything it asks recorded.
#pragma once

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <pvs/plugin.hpp>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "pvs/v1/host.pb.h"
#include "pvs/v1/methods.pb.h"
#include "pvs/v1/plugin.pb.h"

namespace kvc::plugin::test {

/// The thread that makes it is the main thread. Its key custody is a toy that only tells users apart.
class FakeHost {
 public:
  FakeHost();
  ~FakeHost();
  FakeHost(const FakeHost&) = delete;
  FakeHost& operator=(const FakeHost&) = delete;

  [[nodiscard]] const pvs_host_v1* table() const { return &table_; }
  [[nodiscard]] pvs_host_ctx* context() { return reinterpret_cast<pvs_host_ctx*>(this); }
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }

  /// The outcome of a job; fails the test after 30 s.
  pvs::v1::ActionReply wait_job(std::uint64_t job_id);
  /// Whether it ended by then.
  bool ends_within(std::uint64_t job_id, std::chrono::milliseconds patience);
  int ends(std::uint64_t job_id);
  std::vector<std::string> audit_events();
  std::vector<std::string> schedules();
  std::string log();
  std::vector<std::string> urls();
  std::vector<pvs::v1::NotifyRequest> notifications();
  /// A stream that holds `bytes`, to be read.
  std::uint64_t open_stream(std::string bytes);
  /// Streams not closed yet; a plugin that forgets one keeps a file open for ever.
  std::size_t open_streams();

  /// What a broken host may say: `bytes` as often as `times`, then `status`.
  struct Lie {
    pvs_status status = PVS_OK;
    std::string bytes;
    int times = 1;
  };
  /// Answers these methods so, until it is called again. The end of a job is heard in any case. [any]
  void lie(std::map<std::uint32_t, Lie> lies);

  std::string locale = "de-DE";
  /// Answers PVS_DENIED to these methods.
  std::set<std::uint32_t> denied;
  /// Does not answer these methods on the plugin's own threads until answer_again(). Set before the calls.
  std::set<std::uint32_t> silent;
  void wait_until_asked();  ///< until one of them is
  void answer_again();
  /// Users whose session is locked.
  std::set<std::string> locked;
  /// Id and name of the practice's users.
  std::vector<std::pair<std::string, std::string>> users{{"anna", ""}};
  /// BSNR and KV code of the practice's sites.
  std::vector<std::pair<std::string, std::string>> sites;
  /// Name and content of the file the person chooses next; none: the dialog is left without one.
  std::optional<std::pair<std::string, std::string>> chosen_file;
  /// The patient who is selected; none: nobody is.
  std::optional<pvs::v1::Patient> patient;
  /// Title, media type and content of the documents of the record, by id.
  struct Document {
    std::string title, media_type, content;
    std::optional<pvs::v1::Patient> patient;
  };
  std::map<std::string, Document> documents;

 private:
  friend struct Slots;
  pvs_status call(const pvs_call_header& header, std::string_view request, pvs_reply_fn reply, void* sink);
  std::optional<Lie> lie_about(std::uint32_t method);

  pvs_host_v1 table_{};
  std::filesystem::path directory_;
  std::thread::id main_ = std::this_thread::get_id();
  std::mutex mutex_;
  std::condition_variable changed_, spoken_;
  bool speaks_ = false, asked_ = false;
  std::map<std::uint32_t, Lie> lies_;
  std::map<std::uint64_t, pvs::v1::ActionReply> outcomes_;
  std::map<std::uint64_t, int> ends_;
  std::vector<std::string> audit_, schedules_, urls_;
  std::vector<pvs::v1::NotifyRequest> notifications_;
  std::map<std::uint64_t, std::string> streams_;
  std::uint64_t next_stream_ = 1;
  std::string log_;
};

}  // namespace kvc::plugin::test
