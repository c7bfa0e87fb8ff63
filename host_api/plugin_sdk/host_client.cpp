// SPDX-License-Identifier: Apache-2.0
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <pvs/plugin.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstring>
#include <stdexcept>

namespace pvs {
namespace {

constexpr std::size_t kMaxLogText = 8192;

/// Serialised bytes that may hold a secret.
class WipedBytes {
 public:
  WipedBytes() = default;
  WipedBytes(const WipedBytes&) = delete;
  WipedBytes& operator=(const WipedBytes&) = delete;
  ~WipedBytes() { ::explicit_bzero(bytes.data(), bytes.size()); }
  std::string bytes;
};

std::uint64_t next_call_id() noexcept {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

struct ReplySink {
  google::protobuf::MessageLite* message;
  HostClient* client;
  std::uint32_t method;
  int answers = 0;
};

pvs_status PVS_CALL take_reply(void* opaque, pvs_bytes payload) noexcept {
  auto* sink = static_cast<ReplySink*>(opaque);
  if (sink == nullptr || (payload.data == nullptr && payload.size != 0)) {
    return PVS_BAD_REQUEST;
  }
  if (++sink->answers > 1) {
    sink->client->log(PVS_LOG_HOST_MISBEHAVING, "sdk", "the host answered a call twice; the second answer is ignored");
    return PVS_INVALID_STATE;
  }
  if (payload.size > PVS_MAX_MESSAGE) {
    return PVS_TOO_LARGE;
  }
  try {
    if (!sink->message->ParseFromArray(payload.data, static_cast<int>(payload.size))) {
      sink->client->log(PVS_LOG_HOST_MISBEHAVING, "sdk", "the host's answer is not the method's message");
      return PVS_BAD_REQUEST;
    }
  } catch (...) {
    return PVS_NO_MEMORY;  // parsing throws for nothing else
  }
  return PVS_OK;
}

/// Thrown inside a streambuf: the standard stream turns it into badbit.
struct StreamFailed final : std::exception {
  [[nodiscard]] const char* what() const noexcept override { return "host stream"; }
};

}  // namespace

bool parse(std::string_view bytes, google::protobuf::MessageLite& message) {
  return bytes.size() <= PVS_MAX_MESSAGE && message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

const char* status_name(pvs_status status) noexcept {
  static constexpr const char* kNames[] = {
      "PVS_OK",        "PVS_UNSUPPORTED_METHOD", "PVS_BAD_REQUEST", "PVS_INVALID_STATE", "PVS_WRONG_THREAD",
      "PVS_CANCELLED", "PVS_DEADLINE",           "PVS_TOO_LARGE",   "PVS_NO_MEMORY",     "PVS_FAULTED",
      "PVS_DENIED",    "PVS_INTERNAL",           "PVS_VERSION",     "PVS_END_OF_STREAM"};
  const bool known = status >= 0 && status <= PVS_END_OF_STREAM;
  return kNames[known ? status : PVS_INTERNAL];
}

void block_sigpipe_in_this_thread() noexcept {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

HostClient::HostClient(const pvs_host_v1* host, pvs_host_ctx* ctx) noexcept : ctx_(ctx) {
#define PVS_TAKE(member) (PVS_HAS(pvs_host_v1, host, member) && (host_.member = host->member) != nullptr)
  // Member by member: a table cut in the middle of a pointer must not leave half of one behind.
  const bool can_log = PVS_TAKE(log);
  if (host == nullptr || host->struct_size < offsetof(pvs_host_v1, call)) {
    return;
  }
  host_.struct_size = sizeof host_;
  host_.abi_minor = host->abi_minor;
  usable_ = can_log && PVS_TAKE(call) && PVS_TAKE(is_main) && PVS_TAKE(post_to_main) && PVS_TAKE(is_cancelled) &&
            PVS_TAKE(now_utc_ms) && PVS_TAKE(monotonic_ms) && PVS_TAKE(stream_read) && PVS_TAKE(stream_write) &&
            PVS_TAKE(stream_close);
#undef PVS_TAKE
}

pvs_status HostClient::call_raw(v1::Method method, const google::protobuf::MessageLite& request,
                                google::protobuf::MessageLite& reply, const CallOptions& options) {
  if (host_.call == nullptr) {
    return PVS_UNSUPPORTED_METHOD;
  }
  if (request.ByteSizeLong() > PVS_MAX_MESSAGE) {
    return PVS_TOO_LARGE;
  }
  WipedBytes out;
  out.bytes = request.SerializeAsString();
  pvs_call_header header{};
  header.struct_size = sizeof header;
  header.method = static_cast<std::uint32_t>(method);
  header.call_id = next_call_id();
  header.parent_call_id = options.parent_call_id;
  header.deadline_ms =
      options.timeout.count() > 0 ? monotonic_ms() + static_cast<std::uint64_t>(options.timeout.count()) : 0;
  header.flags = options.user_present ? PVS_CALL_USER_PRESENT : 0;
  std::memcpy(header.correlation_id, options.correlation_id, sizeof header.correlation_id);
  ReplySink sink{&reply, this, header.method};
  const pvs_status status = host_.call(ctx_, &header, borrow(out.bytes), &take_reply, &sink);
  if (status < 0 || status > PVS_END_OF_STREAM) {
    return PVS_INTERNAL;
  }
  if (status == PVS_OK && sink.answers == 0) {
    log(PVS_LOG_HOST_MISBEHAVING, "sdk", "the host reported success without an answer");
    return PVS_INTERNAL;
  }
  return status;
}

void HostClient::log(std::int32_t level, std::string_view component, std::string_view text) noexcept {
  if (host_.log != nullptr) {
    host_.log(ctx_, level, borrow(component.substr(0, 64)), borrow(text.substr(0, kMaxLogText)));
  }
}

bool HostClient::is_main() noexcept {
  return host_.is_main != nullptr && host_.is_main(ctx_) != 0;
}

pvs_status HostClient::post_to_main(std::uint64_t token) noexcept {
  return host_.post_to_main != nullptr ? host_.post_to_main(ctx_, token) : PVS_UNSUPPORTED_METHOD;
}

bool HostClient::is_cancelled(std::uint64_t call_id) noexcept {
  return host_.is_cancelled != nullptr && host_.is_cancelled(ctx_, call_id) != 0;
}

std::chrono::system_clock::time_point HostClient::now() noexcept {
  const std::int64_t ms = host_.now_utc_ms != nullptr ? host_.now_utc_ms(ctx_) : 0;
  return std::chrono::system_clock::time_point(std::chrono::milliseconds(ms));
}

std::uint64_t HostClient::monotonic_ms() noexcept {
  return host_.monotonic_ms != nullptr ? host_.monotonic_ms(ctx_) : 0;
}

pvs_status HostClient::stream_read(std::uint64_t id, std::uint8_t* buffer, std::size_t capacity,
                                   std::size_t& got) noexcept {
  got = 0;
  if (host_.stream_read == nullptr) {
    return PVS_UNSUPPORTED_METHOD;
  }
  std::uint64_t count = 0;
  const pvs_status status = host_.stream_read(ctx_, id, buffer, capacity, &count);
  if (status == PVS_OK && (count == 0 || count > capacity)) {
    log(PVS_LOG_HOST_MISBEHAVING, "sdk", "stream_read reported an impossible number of bytes");
    return PVS_INTERNAL;
  }
  got = status == PVS_OK ? static_cast<std::size_t>(count) : 0;
  return status;
}

pvs_status HostClient::stream_write(std::uint64_t id, std::string_view bytes) noexcept {
  return host_.stream_write != nullptr ? host_.stream_write(ctx_, id, borrow(bytes)) : PVS_UNSUPPORTED_METHOD;
}

pvs_status HostClient::stream_close(std::uint64_t id, bool keep) noexcept {
  return host_.stream_close != nullptr ? host_.stream_close(ctx_, id, keep ? 1 : 0) : PVS_UNSUPPORTED_METHOD;
}

HostInputStream::HostInputStream(HostClient& host, std::uint64_t stream_id)
    : std::istream(nullptr), buffer_(host, stream_id) {
  rdbuf(&buffer_);
}

HostInputStream::~HostInputStream() {
  // Only reading: nothing could be kept or lost, so the outcome says nothing.
  static_cast<void>(buffer_.host.stream_close(buffer_.id, false));
  ::explicit_bzero(buffer_.bytes.data(), buffer_.bytes.size());
}

HostInputStream::Buffer::int_type HostInputStream::Buffer::underflow() {
  if (status != PVS_OK) {
    return traits_type::eof();
  }
  std::size_t got = 0;
  status = host.stream_read(id, reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size(), got);
  if (status == PVS_END_OF_STREAM) {
    return traits_type::eof();
  }
  if (status != PVS_OK) {
    throw StreamFailed();
  }
  setg(bytes.data(), bytes.data(), bytes.data() + got);
  return traits_type::to_int_type(*gptr());
}

HostOutputStream::HostOutputStream(HostClient& host, std::uint64_t stream_id)
    : std::ostream(nullptr), buffer_(host, stream_id) {
  rdbuf(&buffer_);
}

HostOutputStream::~HostOutputStream() {
  if (!closed_) {
    static_cast<void>(buffer_.host.stream_close(buffer_.id, false));
  }
  ::explicit_bzero(buffer_.bytes.data(), buffer_.bytes.size());
}

pvs_status HostOutputStream::commit() {
  if (closed_) {
    return PVS_INVALID_STATE;
  }
  flush();
  closed_ = true;
  const bool whole = buffer_.status == PVS_OK && good();
  const pvs_status closed = buffer_.host.stream_close(buffer_.id, whole);
  if (!whole) {
    return buffer_.status == PVS_OK ? PVS_INTERNAL : buffer_.status;
  }
  return closed;
}

HostOutputStream::Buffer::int_type HostOutputStream::Buffer::overflow(int_type c) {
  if (sync() != 0) {
    return traits_type::eof();
  }
  if (!traits_type::eq_int_type(c, traits_type::eof())) {
    *pptr() = traits_type::to_char_type(c);
    pbump(1);
  }
  return traits_type::not_eof(c);
}

int HostOutputStream::Buffer::sync() {
  const auto size = static_cast<std::size_t>(pptr() - pbase());
  if (status == PVS_OK && size != 0) {
    status = host.stream_write(id, std::string_view(pbase(), size));
  }
  setp(bytes.data(), bytes.data() + bytes.size());
  return status == PVS_OK ? 0 : -1;
}

}  // namespace pvs
