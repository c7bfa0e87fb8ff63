// SPDX-License-Identifier: Apache-2.0
// Keystore files (.p12) going in and out. Pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "account/keystore.h"
#include "views/account_views.h"

namespace kvc::plugin::views {

/// "vorhandenes Zertifikat importieren" while an account is made: a file was chosen.
struct ImportStep {
  std::string username, file_name;
  std::uint64_t size = 0;                      ///< 0: nothing was read, only another file helps
  bool ask_password = false;                   ///< none was typed yet, or the one typed does not open the file
  const account::Keystore* content = nullptr;  ///< what was read; null: not read yet
  Status failure{};
};
/// kind "account.import"; before reading the actions `import` ("Importieren") and `choose`, afterwards `create`
/// ("Konto anlegen") and `choose`.
[[nodiscard]] pvs::v1::View import_step(const Texts& t, const ImportStep& step, TimePoint now);

/// kind "account.import_into"; action `import`: a file for an account that is there.
[[nodiscard]] pvs::v1::View import_into(const Texts& t, const std::string& account_name, const FieldErrors& errors,
                                        const Status& failure = {});
/// kind "account.imported": `added` generations are new, `opened` messages open now that did not before.
[[nodiscard]] pvs::v1::View imported(const Texts& t, const account::Keystore& keystore, int added, int opened,
                                     TimePoint now);
/// kind "account.exported": where the file lies.
[[nodiscard]] pvs::v1::View exported(const Texts& t, const std::string& path, std::size_t generations);

/// The error of a keystore file in words that fit it: wrong password, truncated, foreign, and so on.
[[nodiscard]] pvs::v1::Error keystore_error(const Texts& t, const Status& failure);

}  // namespace kvc::plugin::views
