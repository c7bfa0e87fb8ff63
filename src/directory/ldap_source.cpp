// SPDX-License-Identifier: Apache-2.0
#include "directory/ldap_source.h"

#include <Poco/Exception.h>
#include <Poco/URI.h>

#include <array>
#include <memory>
#include <utility>

#include "base/guard.h"
#include "directory/ldap_message.h"
#include "directory/protocol_constants.h"
#include "kvconnect/answers.h"
#include "kvconnect/connection.h"
#include "kvconnect/sigpipe_guard.h"
#include "kvconnect/tls_policy.h"

namespace kvc::directory {
namespace {

Result<kvconnect::ServerAddress> address_of(const std::string& url) {
  try {
    const Poco::URI uri(url);
    if (uri.getScheme() == "ldaps" && !uri.getHost().empty()) {
      kvconnect::ServerAddress server;
      server.host = uri.getHost();
      server.port = uri.getSpecifiedPort() != 0 ? uri.getSpecifiedPort() : kLdapsPort;
      return server;
    }
  } catch (const Poco::Exception&) {
    return Status(error::invalid_settings, "ldap_url is no address").with("field", "ldap_url");
  }
  return Status(error::invalid_settings, "ldap_url is no ldaps address").with("field", "ldap_url");
}

/// What an LDAP result code means to us (RFC 4511 appendix A).
Status status_of(const LdapAnswer& answer) {
  struct Row {
    int code;
    const ErrorCode& error;
  };
  constexpr int kSizeLimit = 4;
  static constexpr std::array kRows = {Row{8, error::forbidden},    Row{32, error::not_found},
                                       Row{48, error::forbidden},   Row{50, error::forbidden},
                                       Row{51, error::server_busy}, Row{52, error::server_busy}};
  if (answer.result == 0) {
    return {};
  }
  if (answer.result == kSizeLimit) {
    return {error::bad_answer, "the LDAP server does not give all entries"};
  }
  ErrorCode code = error::server_error;
  for (const Row& row : kRows) {
    code = row.code == answer.result ? row.error : code;
  }
  return Status(code, "the LDAP server refuses with result " + std::to_string(answer.result))
      .with("status", std::to_string(answer.result))
      .with("server_text", kvconnect::shown_error_text(answer.diagnostics));
}

/// A conversation: requests out, messages in.
class Session {
 public:
  Session(std::unique_ptr<kvconnect::Connection> connection, EntrySink& sink)
      : connection_(std::move(connection)), sink_(sink) {}

  Status run() {
    std::string cookie;
    for (std::size_t page = 0; page < kMaxLdapPages; ++page) {
      KVC_TRY(connection_->write(ldap_search_request(++message_id_, cookie)));
      KVC_ASSIGN(cookie, this->page());
      if (cookie.empty()) {
        static_cast<void>(connection_->write(ldap_unbind_request(++message_id_)));  // a courtesy
        return {};
      }
    }
    return {error::bad_answer, "the LDAP server has too many pages"};
  }

 private:
  /// Takes the entries of a page; returns the cookie of the next one.
  Result<std::string> page() {
    for (;;) {
      KVC_ASSIGN(LdapAnswer answer, next());
      if (answer.kind == LdapAnswer::Kind::disconnection) {
        const Status why = status_of(answer);
        return why.ok() ? Status(error::connection_lost, "the LDAP server ends the connection") : why;
      }
      if (answer.message_id != message_id_) {
        return Status(error::bad_answer, "the LDAP server answers another question");
      }
      if (answer.kind == LdapAnswer::Kind::done) {
        KVC_TRY(status_of(answer));
        return answer.cookie;
      }
      if (++answers_ > kMaxEntries) {
        return Status(error::bad_answer, "the address book has too many entries");
      }
      if (answer.kind == LdapAnswer::Kind::entry) {
        KVC_TRY(sink_.add(std::move(answer.entry)));
      }
    }
  }

  Result<LdapAnswer> next() {
    for (;;) {
      KVC_ASSIGN(const std::size_t size, ldap_message_size(std::string_view(buffer_).substr(begin_)));
      if (size != 0 && buffer_.size() - begin_ >= size) {
        const std::string_view message = std::string_view(buffer_).substr(begin_, size);
        begin_ += size;
        return parse_ldap_message(message);
      }
      KVC_TRY(receive());
    }
  }

  Status receive() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const std::size_t before = buffer_.size();
    buffer_.resize(before + kReadBlock);
    KVC_ASSIGN(const std::size_t got, connection_->read(buffer_.data() + before, kReadBlock));
    buffer_.resize(before + got);
    return got > 0 ? Status() : Status(error::connection_lost, "the LDAP server closed the connection");
  }

  std::unique_ptr<kvconnect::Connection> connection_;
  EntrySink& sink_;
  std::string buffer_;  ///< received, from begin_ on not yet taken
  std::size_t begin_ = 0;
  std::size_t answers_ = 0;
  int message_id_ = 0;
};

}  // namespace

Result<Fetched> LdapSource::fetch(const std::string& /*stamp*/, EntrySink& sink, const ProgressFn& progress,
                                  const Cancel& cancel) {
  const kvconnect::SigpipeGuard no_signal;
  return guarded([&]() -> Result<Fetched> {
    KVC_ASSIGN(const kvconnect::ServerAddress server, address_of(config_.url));
    kvconnect::ServerConfig anchors;
    anchors.tls_roots = config_.tls_roots;
    anchors.use_system_roots = config_.use_system_roots;
    KVC_ASSIGN(const auto context, kvconnect::make_tls_context(anchors, server.host));
    progress(-1, "directory.download");
    KVC_ASSIGN(auto connection, kvconnect::Connection::open(server, context, {}, {kLdapConnect, kLdapAnswer}, cancel));
    progress(-1, "directory.read");
    KVC_TRY(sink.begin());
    KVC_TRY(Session(std::move(connection), sink).run());
    return Fetched{true, {}};
  });
}

}  // namespace kvc::directory
