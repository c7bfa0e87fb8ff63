// SPDX-License-Identifier: Apache-2.0
// The calls of the protocol table, put together from requests, retries and answer readers.
#pragma once

#include <functional>
#include <string>

#include "kvconnect/client.h"
#include "kvconnect/http.h"
#include "kvconnect/pool.h"

namespace kvc::kvconnect {

/// One call of the protocol table, as run() needs it.
struct Call {
  const char* name;  ///< for logs: "GET accounts/{uid}", never with values
  std::string method = "GET";
  std::string target;                        ///< path and query on the server, encoded
  const Credentials* credentials = nullptr;  ///< null: none are sent
  std::string content_type;                  ///< empty: no body
  std::uint64_t body_size = 0;
  std::function<Status(ByteStream&)> write_body;  ///< called once per attempt
  std::string if_modified_since;
  std::uint64_t answer_limit = 0;   ///< bytes of a good answer
  Sink sink;                        ///< takes a good (2xx) answer's body
  std::function<Status()> restart;  ///< before a further attempt: forget what the sink got
  bool once = false;                ///< not repeated once a byte of it may have left
};

struct Answer {
  ResponseHead head;
  std::string error_body;  ///< of an answer that is not 2xx, shortened
  int attempts = 1;        ///< an earlier attempt may have had its effect already
  [[nodiscard]] bool good() const { return head.status >= 200 && head.status < 300; }
};

class RestClient final : public Client {
 public:
  RestClient(ServerConfig config, ServerAddress server, Poco::Net::Context::Ptr context, Env& env, Log& log);

  Result<std::string> version(const Cancel&) override;
  Result<AccountInfo> login(const Credentials&, const Cancel&) override;
  Result<AccountInfo> account(const Credentials&, std::string_view uid, const Cancel&) override;
  Status change_password(const Credentials& old, std::string_view uid, const Secret& new_password,
                         const Cancel&) override;
  Result<std::string> post_csr(const Credentials&, std::string_view csr_pem, const Cancel&) override;
  Result<std::vector<CsrStatusEntry>> csr_status(const Credentials&, std::string_view csr_id, const Cancel&) override;
  Result<crypto::Certificate> certificate_by_uid(const Credentials&, std::string_view uid, const Cancel&) override;
  Status delete_certificate(const Credentials&, std::string_view uid, const Cancel&) override;
  Result<bool> address_book(BookFormat, std::string_view if_modified_since, std::string& last_modified,
                            std::ostream& out, const Cancel&) override;

  Result<std::vector<transport::WaitingMail>> list(const Credentials&, std::string_view uid, std::size_t limit,
                                                   const Cancel&) override;
  Status fetch(const Credentials&, std::string_view uid, std::string_view message_id, std::ostream& out,
               const Cancel&) override;
  Status remove(const Credentials&, std::string_view uid, std::string_view message_id, const Cancel&) override;
  Status submit(const Credentials&, std::istream& mail, std::uint64_t size, const Cancel&) override;
  Result<crypto::Certificate> certificate_of(const Credentials&, std::string_view address, const Cancel&) override;

 private:
  struct Attempt {
    Status status;  ///< of the transfer; OK whenever there is an answer
    Answer answer;
    bool sent = false;    ///< a byte of the request may have left
    bool reused = false;  ///< on a kept connection, and no byte of an answer came
  };

  /// Builds the target from a path of protocol_constants.h.
  Result<Call> call(const char* name, std::string_view pattern, std::initializer_list<std::string_view> values,
                    const Credentials* credentials) const;
  /// The whole of it: attempts, waiting, answer. OK for every HTTP status that is no transient failure.
  Result<Answer> run(Call& call, const Cancel& cancel);
  Attempt attempt(Call& call, bool fresh, const Cancel& cancel);
  Status exchange(Call& call, ConnectionPool::Lease& lease, Attempt& attempt);
  /// Whether and after what time to try again; nothing: no.
  std::optional<Millis> next_attempt(const Call& call, const Attempt& attempt, int attempts) const;
  /// Runs a call whose good answer is a small text.
  Result<std::string> text(Call& call, const Cancel& cancel);
  Result<crypto::Certificate> certificate(Call& call, const Cancel& cancel);
  Result<Answer> download(Call& call, std::ostream& out, std::uint64_t limit, const Cancel& cancel);
  /// The Status of an answer that is not 2xx.
  Status refused(const Call& call, const Answer& answer, const Cancel& cancel);
  Status forbidden(const Call& call, const Answer& answer, const Cancel& cancel);

  const ServerConfig config_;
  const ServerAddress server_;
  Env& env_;
  Log& log_;
  ConnectionPool pool_;
};

}  // namespace kvc::kvconnect
