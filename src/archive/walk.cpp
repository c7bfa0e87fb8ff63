// SPDX-License-Identifier: Apache-2.0
#include "archive/walk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "mime/header.h"

namespace kvc::archive {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};
using Folder = std::unique_ptr<DIR, CloseFolder>;

Folder open_folder(int parent, const std::string& name, bool follow) {
  const int descriptor = ::openat(parent, name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW));
  if (descriptor < 0) {
    return nullptr;
  }
  DIR* folder = ::fdopendir(descriptor);
  if (folder == nullptr) {
    ::close(descriptor);
  }
  return Folder(folder);
}

class Walk {
 public:
  Walk(const Visitor& visitor, const Cancel& cancel) : visitor_(visitor), cancel_(cancel) {}

  Status folder(DIR* folder, const std::string& path, int depth) {
    while (true) {
      if (cancel_.requested()) {
        return {error::cancelled, "cancelled while importing"};
      }
      errno = 0;
      const dirent* entry = ::readdir(folder);
      if (entry == nullptr) {
        if (errno != 0) {
          visitor_.problem(path, "the folder cannot be read to its end");
        }
        return {};
      }
      const std::string name(entry->d_name);
      if (name != "." && name != "..") {
        KVC_TRY(one(::dirfd(folder), name, path + "/" + name, depth));
      }
    }
  }

 private:
  Status one(int directory, const std::string& name, const std::string& path, int depth) {
    struct stat info {};
    if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) != 0) {
      visitor_.problem(path, "the entry cannot be looked at");
      return {};
    }
    if (S_ISREG(info.st_mode)) {
      return is_mail_name(name) ? visitor_.file(directory, name, path) : Status();
    }
    if (!S_ISDIR(info.st_mode)) {
      return {};
    }
    if (depth >= kMaxFolderDepth) {
      visitor_.problem(path, "the folder is nested too deeply");
      return {};
    }
    const Folder below = open_folder(directory, name, false);
    if (!below) {
      visitor_.problem(path, "the folder cannot be opened");
      return {};
    }
    return folder(below.get(), path, depth + 1);
  }

  const Visitor& visitor_;
  const Cancel& cancel_;
};

}  // namespace

bool is_mail_name(const std::string& name) {
  constexpr std::size_t kEnd = 4;
  return name.size() > kEnd && mime::equal_ignoring_case(std::string_view(name).substr(name.size() - kEnd), ".eml");
}

Status walk(const std::string& path, const Visitor& visitor, const Cancel& cancel) {
  const Folder folder = open_folder(AT_FDCWD, path, true);
  if (!folder) {
    return {error::file_unreadable, "the folder cannot be opened"};
  }
  return Walk(visitor, cancel).folder(folder.get(), path, 1);
}

}  // namespace kvc::archive
