// SPDX-License-Identifier: Apache-2.0
#include "account/sql.h"

#include <Poco/Data/LOB.h>
#include <Poco/Data/Session.h>
#include <Poco/Data/Statement.h>

#include <deque>
#include <utility>

#include "store/sql.h"

namespace kvc::account {

using Poco::Data::BLOB;
namespace keywords = Poco::Data::Keywords;

struct Sql::Impl {
  explicit Impl(Poco::Data::Session& session) : statement(session) {}

  Poco::Data::Statement statement;
  bool started = false;
  // A deque, because statements keep references to the arguments and columns until they run.
  std::deque<BLOB> blobs;
  std::deque<std::pair<BLOB, std::string*>> blob_columns;
};

Sql::Sql(Poco::Data::Session& session, std::string_view text) : impl_(std::make_unique<Impl>(session)) {
  impl_->statement << std::string(text);
}

Sql::~Sql() = default;

Sql& Sql::arg(std::string_view text) {
  impl_->statement, keywords::bind(store::storable(text));
  return *this;
}

Sql& Sql::arg(std::int64_t number) {
  impl_->statement, keywords::bind(number);
  return *this;
}

Sql& Sql::blob(std::string_view bytes) {
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  impl_->statement, keywords::use(impl_->blobs.emplace_back(data, bytes.size()));
  return *this;
}

Sql& Sql::args(const store::Selection& selection) {
  for (const std::string& text : selection.args) {
    arg(text);
  }
  return *this;
}

std::size_t Sql::run() {
  return impl_->statement.execute();
}

Sql& Sql::into(std::string& text) {
  impl_->statement, keywords::into(text);
  return *this;
}

Sql& Sql::into(std::int64_t& number) {
  impl_->statement, keywords::into(number);
  return *this;
}

Sql& Sql::into_blob(std::string& bytes) {
  auto& column = impl_->blob_columns.emplace_back(BLOB(), &bytes);
  impl_->statement, keywords::into(column.first);
  return *this;
}

bool Sql::next() {
  if (!impl_->started) {
    impl_->statement, keywords::range(std::size_t{0}, std::size_t{1});
    impl_->started = true;
  }
  if (impl_->statement.done() || impl_->statement.execute() == 0) {
    return false;
  }
  for (auto& [blob, target] : impl_->blob_columns) {
    target->assign(reinterpret_cast<const char*>(blob.rawContent()), blob.size());
  }
  return true;
}

}  // namespace kvc::account
