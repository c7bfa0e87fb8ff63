// SPDX-License-Identifier: Apache-2.0
#include "kvconnect_server/mime.h"

#include <Poco/Net/MessageHeader.h>
#include <Poco/Net/NameValueCollection.h>
#include <Poco/Net/QuotedPrintableDecoder.h>

#include <array>
#include <cstdio>
#include <sstream>

#include "kvconnect_server/text.h"

namespace kvserver {
namespace {

constexpr int kMaxDepth = 16;

struct Value {
  std::string text;
  Poco::Net::NameValueCollection parameters;
};

Value split_value(const std::string& field) {
  Value value;
  Poco::Net::MessageHeader::splitParameters(field, value.text, value.parameters);
  value.text = lower(trim(value.text));
  return value;
}

std::string file_name(const Value& disposition, const Value& type) {
  for (const auto& [name, value] : disposition.parameters) {
    if (lower(name) != "filename*") {
      continue;
    }
    const std::size_t mark = value.rfind('\'');
    if (mark != std::string::npos) {
      return percent_decode(value.substr(mark + 1)).value_or("");
    }
  }
  const std::string plain = disposition.parameters.get("filename", type.parameters.get("name", ""));
  return Poco::Net::MessageHeader::decodeWord(plain);
}

std::optional<std::string> decoded(std::string_view body, const std::string& encoding) {
  if (encoding == "base64") {
    return base64_decode(body);
  }
  if (encoding != "quoted-printable") {
    return std::string(body);
  }
  std::istringstream in{std::string(body)};
  Poco::Net::QuotedPrintableDecoder decoder(in);
  std::ostringstream out;
  out << decoder.rdbuf();
  return std::move(out).str();
}

// The bodies between the delimiter lines; nullopt if the closing one is missing.
std::optional<std::vector<std::string_view>> split_parts(std::string_view body, const std::string& boundary) {
  const std::string delimiter = "--" + boundary;
  std::vector<std::string_view> parts;
  std::optional<std::size_t> start;
  std::size_t at = 0;
  while (at < body.size()) {
    const std::size_t end = std::min(body.find('\n', at), body.size() - 1) + 1;
    std::string_view line = body.substr(at, end - at);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r' || line.back() == ' ')) {
      line.remove_suffix(1);
    }
    const bool closing = line == delimiter + "--";
    if (line == delimiter || closing) {
      if (start) {
        std::string_view part = body.substr(*start, at - *start);
        if (part.ends_with('\n')) {
          part.remove_suffix(1);
        }
        if (part.ends_with('\r')) {
          part.remove_suffix(1);
        }
        parts.push_back(part);
      }
      start = end;
      if (closing) {
        return parts;
      }
    }
    at = end;
  }
  return std::nullopt;
}

std::optional<MimePart> parse(std::string_view entity, int depth) {
  if (depth > kMaxDepth) {
    return std::nullopt;
  }
  // A part without any header field begins with the empty line.
  const std::optional<std::size_t> length = header_length(entity);
  if (!length) {
    return std::nullopt;
  }
  const std::optional<MailHeader> header = MailHeader::parse(entity.substr(0, *length));
  if (!header) {
    return std::nullopt;
  }
  const std::string_view body = entity.substr(*length);
  MimePart part;
  part.header = *header;
  const Value type = split_value(header->get("content-type"));
  part.type = type.text.empty() ? "text/plain" : type.text;
  part.filename = file_name(split_value(header->get("content-disposition")), type);
  part.description = header->get("content-description");
  if (!part.type.starts_with("multipart/")) {
    const auto bytes = decoded(body, lower(header->get("content-transfer-encoding")));
    if (!bytes) {
      return std::nullopt;
    }
    part.bytes = *bytes;
    return part;
  }
  const auto bodies = split_parts(body, type.parameters.get("boundary", ""));
  if (!bodies) {
    return std::nullopt;
  }
  for (const std::string_view inner : *bodies) {
    const std::optional<MimePart> child = parse(inner, depth + 1);
    if (!child) {
      return std::nullopt;
    }
    part.parts.push_back(*child);
  }
  return part;
}

}  // namespace

const MimePart* MimePart::find_file(std::string_view name) const {
  if (parts.empty() && filename == name) {
    return this;
  }
  for (const MimePart& part : parts) {
    if (const MimePart* found = part.find_file(name)) {
      return found;
    }
  }
  return nullptr;
}

const MimePart* MimePart::find_type(std::string_view wanted) const {
  if (type == wanted) {
    return this;
  }
  for (const MimePart& part : parts) {
    if (const MimePart* found = part.find_type(wanted)) {
      return found;
    }
  }
  return nullptr;
}

std::optional<MimePart> parse_mime(std::string_view entity) {
  try {
    return parse(entity, 0);
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
}

std::string mixed_entity(const std::vector<MimeFile>& files, std::string_view boundary) {
  const std::string delimiter = "--" + std::string(boundary);
  std::string out = "Content-Type: multipart/mixed; boundary=\"" + std::string(boundary) + "\"\r\n\r\n";
  for (const MimeFile& file : files) {
    out += delimiter + "\r\nContent-Type: " + file.type;
    if (!file.filename.empty()) {
      out += "; name=\"" + file.filename + "\"";
    }
    out += "\r\nContent-Transfer-Encoding: base64\r\n";
    if (!file.description.empty()) {
      out += "Content-Description: " + file.description + "\r\n";
    }
    if (!file.filename.empty()) {
      out += "Content-Disposition: attachment; filename=\"" + file.filename + "\"\r\n";
    }
    out += "\r\n" + base64_encode(file.bytes, true);
  }
  return out + delimiter + "--\r\n";
}

std::string notification_entity(std::string_view text, std::string_view fields, std::string_view boundary) {
  const std::string delimiter = "--" + std::string(boundary);
  std::string out = "Content-Type: multipart/report; report-type=disposition-notification;\r\n boundary=\"" +
                    std::string(boundary) + "\"\r\n\r\n";
  out += delimiter + "\r\nContent-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         base64_encode(text, true);
  out += delimiter + "\r\nContent-Type: message/disposition-notification\r\n\r\n" + std::string(fields) + "\r\n";
  return out + delimiter + "--\r\n";
}

std::string small_pdf(const std::vector<std::string>& lines) {
  std::string page = "BT /F1 12 Tf 60 780 Td 16 TL\n";
  for (const std::string& line : lines) {
    page += "(";
    for (const char c : line) {
      if (c == '(' || c == ')' || c == '\\') {
        page += '\\';
      }
      if (c >= 32 && c < 127) {
        page += c;
      }
    }
    page += ") Tj T*\n";
  }
  page += "ET\n";
  const std::array<std::string, 5> objects{
      "<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
      "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
      "<< /Length " + std::to_string(page.size()) + " >>\nstream\n" + page + "endstream",
      "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"};
  std::string pdf = "%PDF-1.4\n";
  std::string table = "0000000000 65535 f \n";
  for (std::size_t i = 0; i < objects.size(); ++i) {
    std::array<char, 32> entry{};
    static_cast<void>(std::snprintf(entry.data(), entry.size(), "%010zu 00000 n \n", pdf.size()));
    table += entry.data();
    pdf += std::to_string(i + 1) + " 0 obj\n" + objects[i] + "\nendobj\n";
  }
  const std::size_t start = pdf.size();
  pdf +=
      "xref\n0 6\n" + table + "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n" + std::to_string(start) + "\n%%EOF\n";
  return pdf;
}

}  // namespace kvserver
