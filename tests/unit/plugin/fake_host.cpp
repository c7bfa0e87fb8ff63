// SPDX-License-Identifier: Apache-2.0
#include "unit/plugin/fake_host.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <algorithm>

namespace kvc::plugin::test {

namespace v1 = pvs::v1;

struct Slots {
  static FakeHost& self(pvs_host_ctx* ctx) { return *reinterpret_cast<FakeHost*>(ctx); }
  static pvs_status PVS_CALL call(pvs_host_ctx* ctx, const pvs_call_header* header, pvs_bytes request,
                                  pvs_reply_fn reply, void* sink) {
    return self(ctx).call(*header, pvs::view(request), reply, sink);
  }
  static void PVS_CALL log(pvs_host_ctx* ctx, std::int32_t, pvs_bytes component, pvs_bytes text) {
    const std::lock_guard lock(self(ctx).mutex_);
    self(ctx).log_ += std::string(pvs::view(component)) + ": " + std::string(pvs::view(text)) + "\n";
  }
  static std::int32_t PVS_CALL is_main(pvs_host_ctx* ctx) {
    return std::this_thread::get_id() == self(ctx).main_ ? 1 : 0;
  }
  static pvs_status PVS_CALL post_to_main(pvs_host_ctx*, std::uint64_t) { return PVS_INVALID_STATE; }
  static std::int32_t PVS_CALL is_cancelled(pvs_host_ctx*, std::uint64_t) { return 0; }
  static std::int64_t PVS_CALL now_utc_ms(pvs_host_ctx*) { return 0; }
  static std::uint64_t PVS_CALL monotonic_ms(pvs_host_ctx*) { return 0; }
  static pvs_status PVS_CALL stream_read(pvs_host_ctx* ctx, std::uint64_t id, std::uint8_t* buffer,
                                         std::uint64_t capacity, std::uint64_t* got) {
    const std::lock_guard lock(self(ctx).mutex_);
    const auto found = self(ctx).streams_.find(id);
    if (found == self(ctx).streams_.end()) {
      return PVS_BAD_REQUEST;
    }
    // Pieces of odd size, as a pipe gives them.
    const std::size_t count = std::min({static_cast<std::size_t>(capacity), found->second.size(), std::size_t{4093}});
    std::copy_n(found->second.begin(), count, buffer);
    found->second.erase(0, count);
    *got = count;
    return count == 0 ? PVS_END_OF_STREAM : PVS_OK;
  }
  static pvs_status PVS_CALL stream_write(pvs_host_ctx*, std::uint64_t, pvs_bytes) { return PVS_BAD_REQUEST; }
  static pvs_status PVS_CALL stream_close(pvs_host_ctx* ctx, std::uint64_t id, std::int32_t) {
    const std::lock_guard lock(self(ctx).mutex_);
    return self(ctx).streams_.erase(id) == 1 ? PVS_OK : PVS_BAD_REQUEST;
  }
};

namespace {

pvs_status send(const google::protobuf::MessageLite& message, pvs_reply_fn reply, void* sink) {
  return reply(sink, pvs::borrow(message.SerializeAsString()));
}

}  // namespace

FakeHost::FakeHost() {
  std::string pattern = (std::filesystem::temp_directory_path() / "kvc_plugin_XXXXXX").string();
  directory_ = ::mkdtemp(pattern.data());
  table_ = {sizeof(pvs_host_v1),  PVS_ABI_MINOR,        &Slots::call,         &Slots::log,
            &Slots::is_main,      &Slots::post_to_main, &Slots::is_cancelled, &Slots::now_utc_ms,
            &Slots::monotonic_ms, &Slots::stream_read,  &Slots::stream_write, &Slots::stream_close};
}

void FakeHost::wait_until_asked() {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(spoken_.wait_for(lock, std::chrono::seconds(30), [this] { return asked_; }));
}

void FakeHost::answer_again() {
  const std::lock_guard lock(mutex_);
  speaks_ = true;
  spoken_.notify_all();
}

void FakeHost::lie(std::map<std::uint32_t, Lie> lies) {
  const std::lock_guard lock(mutex_);
  lies_ = std::move(lies);
}

std::optional<FakeHost::Lie> FakeHost::lie_about(std::uint32_t method) {
  const std::lock_guard lock(mutex_);
  const auto found = lies_.find(method);
  return found == lies_.end() || method == v1::METHOD_HOST_JOB_ENDED ? std::nullopt : std::optional(found->second);
}

FakeHost::~FakeHost() {
  std::filesystem::remove_all(directory_);
}

pvs_status FakeHost::call(const pvs_call_header& header, std::string_view request, pvs_reply_fn reply, void* sink) {
  if (denied.contains(header.method)) {
    return PVS_DENIED;
  }
  if (silent.contains(header.method) && std::this_thread::get_id() != main_) {
    std::unique_lock lock(mutex_);
    asked_ = true;
    spoken_.notify_all();
    spoken_.wait(lock, [this] { return speaks_; });
  }
  if (const auto lie = lie_about(header.method)) {
    for (int i = 0; i < lie->times; ++i) {
      static_cast<void>(reply(sink, pvs::borrow(lie->bytes)));
    }
    return lie->status;
  }
  const std::string bytes(request);
  switch (header.method) {
    case v1::METHOD_HOST_USER_CURRENT: {
      v1::UserCurrentReply answer;
      answer.mutable_current()->set_locale(locale);
      for (const auto& [bsnr, kv_code] : sites) {
        auto& site = *answer.mutable_current()->mutable_practice()->add_sites();
        site.set_bsnr(bsnr);
        site.set_kv_code(kv_code);
      }
      return send(answer, reply, sink);
    }
    case v1::METHOD_HOST_USER_LIST: {
      v1::UserListReply answer;
      for (const auto& [id, name] : users) {
        auto& user = *answer.add_users();
        user.set_user_id(id);
        user.set_display_name(name);
      }
      return send(answer, reply, sink);
    }
    case v1::METHOD_HOST_STORAGE_DIRECTORIES: {
      v1::DirectoriesReply answer;
      answer.mutable_directories()->set_data(directory_.string());
      return send(answer, reply, sink);
    }
    case v1::METHOD_HOST_KEY_SEAL: {
      v1::KeySealRequest asked;
      asked.ParseFromString(bytes);
      v1::KeySealReply answer;
      answer.set_sealed(asked.user_id() + "|" + asked.plaintext().value());
      return send(answer, reply, sink);
    }
    case v1::METHOD_HOST_KEY_UNSEAL: {
      v1::KeyUnsealRequest asked;
      asked.ParseFromString(bytes);
      v1::KeyUnsealReply answer;
      const std::string prefix = asked.user_id() + "|";
      if (locked.contains(asked.user_id())) {
        answer.mutable_error()->set_code("host.session_locked");
      } else if (!asked.sealed().starts_with(prefix)) {
        answer.mutable_error()->set_code("crypto.decrypt_failed");
      } else {
        answer.mutable_plaintext()->set_value(asked.sealed().substr(prefix.size()));
      }
      return send(answer, reply, sink);
    }
    case v1::METHOD_HOST_FILE_CHOOSE: {
      v1::FileChooseReply answer;
      if (chosen_file) {
        auto& file = *answer.mutable_files()->add_file();
        file.set_name(chosen_file->first);
        file.set_size(chosen_file->second.size());
        file.set_stream_id(open_stream(chosen_file->second));
      } else {
        answer.mutable_error()->set_category(v1::CATEGORY_CANCELLED);
        answer.mutable_error()->set_code("host.cancelled");
      }
      return send(answer, reply, sink);
    }
    case v1::METHOD_HOST_PATIENT_CURRENT: {
      v1::PatientCurrentReply answer;
      if (patient) {
        *answer.mutable_patient() = *patient;
      } else {
        answer.mutable_error()->set_category(v1::CATEGORY_USAGE);
        answer.mutable_error()->set_code("host.no_patient");
      }
      return send(answer, reply, sink);
    }
    case v1::METHOD_HOST_DOCUMENT_FETCH: {
      v1::DocumentFetchRequest asked;
      asked.ParseFromString(bytes);
      v1::DocumentFetchReply answer;
      const auto found = documents.find(asked.document_id());
      if (found == documents.end()) {
        answer.mutable_error()->set_category(v1::CATEGORY_USAGE);
        answer.mutable_error()->set_code("host.unknown_document");
        return send(answer, reply, sink);
      }
      auto& document = *answer.mutable_document();
      document.set_title(found->second.title);
      document.set_media_type(found->second.media_type);
      document.mutable_content()->set_stream_id(open_stream(found->second.content));
      document.mutable_content()->set_size(found->second.content.size());
      if (found->second.patient) {
        *document.mutable_patient() = *found->second.patient;
      }
      return send(answer, reply, sink);
    }
    case v1::METHOD_HOST_OPEN_URL: {
      v1::OpenUrlRequest asked;
      asked.ParseFromString(bytes);
      const std::lock_guard lock(mutex_);
      urls_.push_back(asked.url());
      break;
    }
    case v1::METHOD_HOST_NOTIFY: {
      v1::NotifyRequest asked;
      asked.ParseFromString(bytes);
      const std::lock_guard lock(mutex_);
      notifications_.push_back(asked);
      break;
    }
    case v1::METHOD_HOST_AUDIT: {
      v1::AuditRequest asked;
      asked.ParseFromString(bytes);
      const std::lock_guard lock(mutex_);
      audit_.push_back(asked.event());
      break;
    }
    case v1::METHOD_HOST_SCHEDULE_SET: {
      v1::ScheduleSetRequest asked;
      asked.ParseFromString(bytes);
      const std::lock_guard lock(mutex_);
      schedules_.push_back(asked.schedule_id() + " " + std::to_string(asked.every_ms()));
      break;
    }
    case v1::METHOD_HOST_JOB_PROGRESS:
      break;
    case v1::METHOD_HOST_JOB_ENDED: {
      v1::JobEndedRequest asked;
      asked.ParseFromString(bytes);
      const std::lock_guard lock(mutex_);
      ++ends_[asked.job_id()];
      outcomes_[asked.job_id()] = asked.outcome();
      changed_.notify_all();
      break;
    }
    default:
      return PVS_UNSUPPORTED_METHOD;
  }
  return reply(sink, {nullptr, 0});
}

bool FakeHost::ends_within(std::uint64_t job_id, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, patience, [&] { return ends_[job_id] > 0; });
}

v1::ActionReply FakeHost::wait_job(std::uint64_t job_id) {
  EXPECT_TRUE(ends_within(job_id, std::chrono::seconds(30)));
  const std::lock_guard lock(mutex_);
  return outcomes_[job_id];
}

int FakeHost::ends(std::uint64_t job_id) {
  const std::lock_guard lock(mutex_);
  return ends_[job_id];
}

std::vector<std::string> FakeHost::audit_events() {
  const std::lock_guard lock(mutex_);
  return audit_;
}

std::vector<std::string> FakeHost::schedules() {
  const std::lock_guard lock(mutex_);
  return schedules_;
}

std::vector<std::string> FakeHost::urls() {
  const std::lock_guard lock(mutex_);
  return urls_;
}

std::vector<v1::NotifyRequest> FakeHost::notifications() {
  const std::lock_guard lock(mutex_);
  return notifications_;
}

std::uint64_t FakeHost::open_stream(std::string bytes) {
  const std::lock_guard lock(mutex_);
  streams_[next_stream_] = std::move(bytes);
  return next_stream_++;
}

std::size_t FakeHost::open_streams() {
  const std::lock_guard lock(mutex_);
  return streams_.size();
}

std::string FakeHost::log() {
  const std::lock_guard lock(mutex_);
  return log_;
}

}  // namespace kvc::plugin::test
