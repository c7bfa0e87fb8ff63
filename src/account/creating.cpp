// SPDX-License-Identifier: Apache-2.0
#include "account/creating.h"

#include <algorithm>

#include "account/access.h"
#include "account/imported_keys.h"
#include "account/login.h"
#include "crypto/aead.h"

namespace kvc::account {
namespace {

constexpr std::size_t kLongestUsername = 100, kLongestDescription = 200;
// Creating is a matter of a second; who takes longer is dead.
constexpr std::chrono::hours kCreatingTime{1};

// The username becomes the local part of a mail address, a part of a URL and of Basic credentials (RFC 7617: no colon).
bool usable_username(std::string_view username) {
  constexpr std::string_view kForbidden = "\"(),/:;<>@[\\]";
  return !username.empty() && username.size() <= kLongestUsername &&
         std::all_of(username.begin(), username.end(),
                     [&](char c) { return c > ' ' && c < '\x7f' && kForbidden.find(c) == std::string_view::npos; });
}

// Of UTF-8 text; continuation bytes are 10xxxxxx (RFC 3629 section 3).
std::size_t characters(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// What would break a line of the list of accounts, or turn its direction (UTF-8; U+202A-202E and U+2066-2069 of Unicode
// UAX 9). Marks of direction alone (U+200E, U+200F) belong to names in other scripts.
bool has_controls(std::string_view text) {
  const bool ascii = std::any_of(text.begin(), text.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x20U || c == '\x7f'; });
  for (std::size_t i = 0; !ascii && i + 2 < text.size(); ++i) {
    const std::string_view three = text.substr(i, 3);
    if ((three >= "\xe2\x80\xaa" && three <= "\xe2\x80\xae") || (three >= "\xe2\x81\xa6" && three <= "\xe2\x81\xa9")) {
      return true;
    }
  }
  return ascii;
}

Status check_secrets(const NewAccount& data) {
  if (data.password.empty()) {
    return invalid_field("password", "the password is empty");
  }
  if (data.keystore_password.empty()) {
    return invalid_field("keystore_password", "the keystore password is empty");
  }
  return check_description(data.display_name, data.description);
}

// Takes away an account that is being created, with everything of it; one that was finished stays.
void erase_creating(Poco::Data::Session& session, std::string_view id) {
  if (const auto row = repository::find(session, id); row && row->state) {
    return;
  }
  repository::erase_creating(session, id);
  vault::Vault::forget(session, id);
}

// A row left by a crash is replaced. Its maker may still be at work, and then finds at the end that its row is gone.
Status claim_username(const Context& context, const AccountRow& row) {
  const TimePoint now = context.env.now();
  return context.database->write([&](Poco::Data::Session& session) {
    for (const std::string& left : repository::left_creating(session, now - kCreatingTime)) {
      erase_creating(session, left);
    }
    const auto found = repository::find_username(session, row.environment_id, row.username);
    if (found && found->state) {
      return Status(error::already_exists, "there is an account of this username in this environment");
    }
    if (found) {
      erase_creating(session, found->id);
    }
    repository::insert_creating(session, row, now);
    return Status();
  });
}

Secret new_content_key(Env& env) {
  Secret key = Secret::of_size(crypto::kAeadKeyBytes);
  env.random({key.data(), key.size()});
  return key;
}

Status taken_over() {
  return {error::already_exists, "somebody else created an account of this username meanwhile"};
}

// From here on there is an account, whole, or as before a row that nobody sees.
Status finish(const Context& context, std::string_view user_id, const AccountRow& row, const NewAccount& data,
              const Keystore* keystore) {
  KVC_ASSIGN(const vault::AccountKey key, context.vault.create(row.id, user_id));
  std::vector<ImportedKey> keys;
  if (keystore != nullptr) {
    KVC_ASSIGN(keys, number_keys(context.env, row, *keystore, {}, true));
  }
  vault::Change change;
  change.put = {{std::string(kPassword), data.password},
                {std::string(kKeystorePassword), data.keystore_password},
                {std::string(kContentKey), new_content_key(context.env)}};
  KVC_TRY(add_secrets(keys, change));
  change.also = [&](Poco::Data::Session& session) {
    if (!repository::finish_creating(session, row.id)) {
      return taken_over();
    }
    insert_keys(session, keys, context.env.now());
    return Status();
  };
  const Status stored = context.vault.apply(key, change);
  // Whoever took the username over forgot the key of this one, too.
  return stored.is(error::not_found) ? taken_over() : stored;
}

Status write_draft(const Context& context, const Access& access, const NewAccount& data) {
  vault::Change change = stored_password_change(data.password);
  change.put.emplace_back(kKeystorePassword, data.keystore_password);
  change.also = [&](Poco::Data::Session& session) {
    const auto row = repository::find(session, access.row.id);
    if (!row || row->state != State::draft) {
      return Status(error::invalid_state, "the server has accepted the account already");
    }
    repository::set_description(session, row->id, data.display_name.empty() ? row->username : data.display_name,
                                data.description);
    repository::set_error(session, row->id, "");
    return Status();
  };
  return context.vault.apply(access.key, change);
}

}  // namespace

Status check_description(std::string_view display_name, std::string_view description) {
  if (characters(display_name) > kLongestDescription) {
    return invalid_field("display_name", "the display name is longer than 200 characters");
  }
  if (characters(description) > kLongestDescription) {
    return invalid_field("description", "the description is longer than 200 characters");
  }
  if (has_controls(display_name)) {
    return invalid_field("display_name", "the display name has control characters");
  }
  if (has_controls(description)) {
    return invalid_field("description", "the description has control characters");
  }
  return {};
}

Result<std::string> address_of(const Context& context, const NewAccount& data) {
  const settings::Environment* environment = context.environments.settings().environment(data.environment_id);
  if (environment == nullptr) {
    return invalid_field("environment_id", "no environment of this id is configured");
  }
  if (!usable_username(data.username)) {
    return invalid_field("username", "the username is empty, too long, or has characters no mail address may have");
  }
  return data.username + '@' + environment->mail_domain;
}

Result<std::string> create_account(const Context& context, std::string_view user_id, const NewAccount& data,
                                   const Keystore* keystore) {
  AccountRow row;
  KVC_ASSIGN(row.address, address_of(context, data));
  KVC_TRY(check_secrets(data));
  row.id = new_uuid(context.env);
  row.environment_id = data.environment_id;
  row.username = data.username;
  row.display_name = data.display_name.empty() ? data.username : data.display_name;
  row.description = data.description;
  KVC_TRY(claim_username(context, row));
  Status finished = finish(context, user_id, row, data, keystore);
  if (finished.ok()) {
    return row.id;
  }
  // What stays if this fails too is a row nobody sees; the next attempt replaces it.
  const Status erased = context.database->write([&](Poco::Data::Session& session) {
    erase_creating(session, row.id);
    return Status();
  });
  static_cast<void>(erased);
  return finished;
}

Status update_draft_account(const Context& context, std::string_view user_id, std::string_view account_id,
                            const NewAccount& data) {
  KVC_TRY(check_secrets(data));
  const Cancel never;
  KVC_ASSIGN(const auto held, hold_account(context, user_id, account_id, kLoginPurpose, never));
  return write_draft(context, held.access, data);
}

}  // namespace kvc::account
