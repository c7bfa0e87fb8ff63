// SPDX-License-Identifier: Apache-2.0
#include "tool/extract.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <set>
#include <sstream>
#include <streambuf>
#include <utility>

#include "tool/options.h"

namespace kvc::tool {
namespace {

constexpr std::size_t kMaxName = 120;

/// An open file or directory.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  /// Reports what an ordinary destruction would swallow: a full disk may show only here.
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

/// Unbuffered output to a descriptor: parts come in large pieces, and no copy of them is left behind.
class DescriptorBuffer : public std::streambuf {
 public:
  explicit DescriptorBuffer(int fd) : fd_(fd) {}

 protected:
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    std::streamsize done = 0;
    while (done < size) {
      const auto written = ::write(fd_, data + done, static_cast<std::size_t>(size - done));
      if (written < 0 && errno == EINTR) {
        continue;
      }
      if (written <= 0) {
        break;
      }
      done += written;
    }
    return done;
  }
  int_type overflow(int_type c) override {
    const char byte = traits_type::to_char_type(c);
    return xsputn(&byte, 1) == 1 ? c : traits_type::eof();
  }

 private:
  int fd_;
};

Status unwritable(const std::string& path) {
  return Status(error::file_unwritable, std::string(say("nicht geschrieben (vorhandene Dateien bleiben unberührt): ",
                                                        "not written (existing files stay as they are): ")) +
                                            path)
      .with("file", path);
}

std::string lower_ascii(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

std::string numbered(const std::string& name, int number) {
  const auto dot = name.rfind('.');
  const auto stem = dot == 0 ? std::string::npos : dot;
  const std::string mark = "-" + std::to_string(number);
  return stem == std::string::npos ? name + mark : name.substr(0, stem) + mark + name.substr(stem);
}

Status write_part(const message::OpenedMessage& message, std::size_t index, int directory, const std::string& name) {
  Descriptor file(::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.valid()) {
    return unwritable(name);
  }
  DescriptorBuffer buffer(file.get());
  std::ostream out(&buffer);
  const Status status = message.read_part(index, out);
  const bool closed = file.close();
  if (!status.ok() || !closed) {
    ::unlinkat(directory, name.c_str(), 0);  // a half-written part would pass for a whole one
    return status.ok() ? unwritable(name) : status;
  }
  return {};
}

}  // namespace

std::string safe_name(std::string_view sent, std::size_t number) {
  const auto slash = sent.find_last_of("/\\");
  if (slash != std::string_view::npos) {
    sent.remove_prefix(slash + 1);
  }
  std::string name;
  for (const char c : sent) {
    const bool hostile = static_cast<unsigned char>(c) < 0x20 || c == 0x7f ||
                         std::string_view(":*?\"<>|'`$&;!").find(c) != std::string_view::npos;
    name += hostile ? '_' : c;
  }
  while (!name.empty() && (name.front() == '.' || name.front() == ' ' || name.front() == '-')) {
    name.erase(0, 1);
  }
  while (!name.empty() && (name.back() == '.' || name.back() == ' ')) {
    name.pop_back();
  }
  if (name.size() > kMaxName) {
    const auto dot = name.rfind('.');
    const std::string extension = dot != std::string::npos && name.size() - dot <= 10 ? name.substr(dot) : "";
    std::size_t keep = kMaxName - extension.size();
    while (keep > 0 && (static_cast<unsigned char>(name[keep]) & 0xC0) == 0x80) {
      --keep;  // never inside a UTF-8 character
    }
    name = name.substr(0, keep) + extension;
  }
  return name.empty() ? "teil-" + std::to_string(number) : name;
}

std::vector<std::string> safe_names(const std::vector<message::Part>& parts) {
  std::vector<std::string> names;
  std::set<std::string> taken;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string wanted = safe_name(parts[i].name, i + 1);
    if (parts[i].name.empty() && parts[i].type == "text/plain") {
      wanted += ".txt";
    }
    std::string name = wanted;
    for (int number = 2; !taken.insert(lower_ascii(name)).second; ++number) {
      name = numbered(wanted, number);
    }
    names.push_back(name);
  }
  return names;
}

Result<std::vector<std::string>> extract_parts(const message::OpenedMessage& message, const std::string& directory) {
  if (::mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
    return unwritable(directory);
  }
  const Descriptor target(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!target.valid()) {
    return unwritable(directory);
  }
  auto names = safe_names(message.parts);
  for (std::size_t i = 0; i < names.size(); ++i) {
    KVC_TRY(write_part(message, i, target.get(), names[i]));
  }
  return names;
}

}  // namespace kvc::tool
