// SPDX-License-Identifier: Apache-2.0
#include "commands/kvca.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/read_file.h"
#include "base/status_parameter.h"
#include "views/mailbox_views.h"

namespace kvc::plugin::commands {
namespace {

/// The KBV's file has some hundred kilobytes.
constexpr std::size_t kMostBytes = 32U << 20U;

}  // namespace

std::string kvca_name(const settings::Settings& settings) {
  return std::filesystem::path(settings.kvca_file).filename().string();
}

Result<billing::KvcaFile> load_kvca(const settings::Settings& settings) {
  if (settings.kvca_file.empty()) {
    return Status(error::invalid_settings, "the setting kvca_file is empty");
  }
  std::ifstream in(settings.kvca_file, std::ios::binary);
  const std::string text = read_at_most(in, kMostBytes);
  if (in.bad() || (in.fail() && !in.eof())) {
    return Status(error::file_unreadable, "the KVCA file cannot be read").with("file", kvca_name(settings));
  }
  if (text.size() > kMostBytes) {
    return Status(error::too_large, "the file is no KVCA file by its size alone").with("file", kvca_name(settings));
  }
  return billing::KvcaFile::parse(text);
}

pvs::v1::View kvca_notice(const Texts& t, const settings::Settings& settings, const Status& status) {
  const Args args{{"file", kvca_name(settings)}, {"line", parameter(status, "line", "?")}};
  if (status.is(error::invalid_settings)) {
    return views::notice(t, "compose.no_kvca", pvs::v1::SEVERITY_WARNING);
  }
  if (status.is(error::file_unreadable)) {
    return views::notice(t, "compose.kvca_unreadable", pvs::v1::SEVERITY_WARNING, args);
  }
  pvs::v1::View view = views::notice(t, "compose.kvca_broken", pvs::v1::SEVERITY_BAD, args);
  views::add_notice_fact(*view.mutable_notice(), t("fact.detail"), status.detail());
  return view;
}

}  // namespace kvc::plugin::commands
