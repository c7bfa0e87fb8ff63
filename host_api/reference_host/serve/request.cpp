// SPDX-License-Identifier: Apache-2.0
#include "serve/request.h"

#include <Poco/Exception.h>
#include <Poco/Net/HTMLForm.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/MediaType.h>
#include <Poco/Net/PartHandler.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <istream>

#include "serve/html.h"

namespace pvs::host::serve {
namespace {

namespace net = Poco::Net;

void wipe(std::string& text) {
  OPENSSL_cleanse(text.data(), text.size());
}

/// Reads the files of a form into memory. Fields without a file name go to the form itself.
class FilesInMemory final : public net::PartHandler {
 public:
  FilesInMemory(std::vector<Upload>& uploads, std::uint64_t limit) : uploads_(uploads), left_(limit) {}

  void handlePart(const net::MessageHeader& header, std::istream& stream) override {
    std::string disposition;
    net::NameValueCollection parameters;
    net::MessageHeader::splitParameters(header.get("Content-Disposition", ""), disposition, parameters);
    Upload upload;
    upload.field = parameters.get("name", "");
    upload.name = safe_file_name(parameters.get("filename", ""));
    const net::MediaType type(header.get("Content-Type", "application/octet-stream"));
    upload.media_type = type.getType() + "/" + type.getSubType();
    std::array<char, 65536> buffer{};
    while (stream.good()) {
      stream.read(buffer.data(), buffer.size());
      const auto got = static_cast<std::uint64_t>(stream.gcount());
      if (got > left_) {
        throw TooLarge();
      }
      left_ -= got;
      upload.bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
    // A browser sends an empty part for a file field in which nothing was chosen.
    if (!upload.bytes.empty() || !parameters.get("filename", "").empty()) {
      uploads_.push_back(std::move(upload));
    }
  }

 private:
  std::vector<Upload>& uploads_;
  std::uint64_t left_;
};

/// A stream over uploaded bytes that wipes them and gives their memory back when it goes.
class UploadStream final : public Stream {
 public:
  UploadStream(std::string bytes, UploadBudget::Share share) : bytes_(std::move(bytes)), share_(std::move(share)) {}
  ~UploadStream() override { wipe(bytes_); }
  UploadStream(const UploadStream&) = delete;
  UploadStream& operator=(const UploadStream&) = delete;

  pvs_status read(std::uint8_t* buffer, std::size_t capacity, std::size_t& got) override {
    got = std::min(capacity, bytes_.size() - at_);
    if (got == 0) {
      return PVS_END_OF_STREAM;
    }
    std::copy_n(bytes_.data() + at_, got, buffer);
    at_ += got;
    return PVS_OK;
  }

 private:
  std::string bytes_;
  std::size_t at_ = 0;
  UploadBudget::Share share_;
};

void read_address(const std::string& uri, Request& request) {
  const std::size_t mark = uri.find('?');
  bool valid = true;
  request.path = percent_decoded(std::string_view(uri).substr(0, mark), false, valid);
  if (!valid || request.path.empty() || request.path[0] != '/' || request.path.find('\0') != std::string::npos) {
    throw BadRequest("the address cannot be read");
  }
  std::string_view rest = mark == std::string::npos ? std::string_view{} : std::string_view(uri).substr(mark + 1);
  if (rest.size() > kMaxQuery) {
    throw BadRequest("the query is too long");
  }
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    const std::string name = percent_decoded(pair.substr(0, equals), true, valid);
    const std::string value =
        equals == pair.size() ? std::string() : percent_decoded(pair.substr(equals + 1), true, valid);
    if (!valid) {
      throw BadRequest("the query cannot be read");
    }
    request.query.emplace(name, value);
  }
}

void read_form(net::HTTPServerRequest& from, Request& request, std::uint64_t length) {
  FilesInMemory files(request.uploads, length);
  net::HTMLForm form;
  form.setFieldLimit(kMaxFields);
  form.setValueLengthLimit(static_cast<int>(kMaxPlainBody));
  try {
    form.load(from, from.stream(), files);
  } catch (const Poco::Exception&) {
    throw BadRequest("the form cannot be read");
  }
  for (const auto& [name, value] : form) {
    request.values.emplace_back(name, value);
    // The form is going; nothing but this program sees its texts, and one of them may be a password.
    wipe(const_cast<std::string&>(value));  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  }
}

void read_body(net::HTTPServerRequest& from, Request& request, UploadBudget& budget) {
  if (!from.hasContentLength() || from.getChunkedTransferEncoding() || from.getContentLength64() < 0) {
    throw BadRequest("a form needs a length");
  }
  const auto length = static_cast<std::uint64_t>(from.getContentLength64());
  const std::string type = from.getContentType();
  const bool with_files = type.starts_with("multipart/form-data");
  if (!with_files && !type.starts_with("application/x-www-form-urlencoded")) {
    throw BadRequest("no form");
  }
  if (length > (with_files ? kMaxUpload : kMaxPlainBody)) {
    throw TooLarge();
  }
  request.share = budget.take(length);
  if (request.share == nullptr) {
    throw TooLarge();
  }
  read_form(from, request, length);
}

}  // namespace

UploadBudget::Share UploadBudget::take(std::uint64_t bytes) {
  if (used_->fetch_add(bytes) + bytes > kMaxAllUploads) {
    used_->fetch_sub(bytes);
    return nullptr;
  }
  return {static_cast<const void*>(used_.get()), [used = used_, bytes](const void*) { used->fetch_sub(bytes); }};
}

Request::~Request() {
  for (auto& [name, text] : values) {
    wipe(text);
  }
  for (Upload& upload : uploads) {
    wipe(upload.bytes);
  }
}

const std::string& Request::value(std::string_view name) const {
  static const std::string kNone;
  const auto it = std::find_if(values.begin(), values.end(), [&](const auto& pair) { return pair.first == name; });
  return it == values.end() ? kNone : it->second;
}

bool Request::has(std::string_view name) const {
  return std::any_of(values.begin(), values.end(), [&](const auto& pair) { return pair.first == name; });
}

void Request::hand_over(std::string_view field, StreamTable& streams, v1::Value::FileRefs& files,
                        std::vector<std::uint64_t>& opened) {
  for (Upload& upload : uploads) {
    if (upload.field != field) {
      continue;
    }
    v1::FileRef& file = *files.add_file();
    file.set_name(upload.name);
    file.set_media_type(upload.media_type);
    file.set_size(upload.bytes.size());
    file.set_stream_id(streams.add(std::make_unique<UploadStream>(std::move(upload.bytes), share)));
    opened.push_back(file.stream_id());
  }
  std::erase_if(uploads, [&](const Upload& upload) { return upload.field == field; });
}

Request read_request(net::HTTPServerRequest& from, UploadBudget& budget) {
  Request request;
  request.method = from.getMethod();
  read_address(from.getURI(), request);
  net::NameValueCollection cookies;
  from.getCookies(cookies);
  for (const auto& [name, value] : cookies) {
    request.cookies.emplace(name, value);
  }
  request.background = from.has("X-Background");
  if (request.method == "POST") {
    read_body(from, request, budget);
  }
  return request;
}

Response redirect(std::string location) {
  Response response;
  response.status = 303;
  response.location = std::move(location);
  return response;
}

}  // namespace pvs::host::serve
