// SPDX-License-Identifier: Apache-2.0
#include "runtime/core.h"

#include "billing/received.h"
#include "directory/configured_sources.h"

namespace kvc::plugin {
namespace {

/// A KV's answer names its delivery by the GUID of the begleitdatei it sends back.
std::optional<mailbox::ThreadKey> thread_key_of(const message::OpenedMessage& message) {
  const auto companion = billing::companion_of(message);
  return companion && !companion->guid.empty() ? std::optional(mailbox::ThreadKey{companion->guid, companion->version})
                                               : std::nullopt;
}

}  // namespace

Result<std::shared_ptr<Core>> Core::open(const settings::Settings& settings, const std::string& directory,
                                         vault::KeyCustody& custody, Env& env, Log& log) {
  KVC_ASSIGN(std::shared_ptr<store::Database> database,
             store::Database::open(settings.storage_dsn, directory, env, log));
  return std::make_shared<Core>(std::move(database), settings, custody, env, log);
}

Core::Core(std::shared_ptr<store::Database> database, const settings::Settings& settings, vault::KeyCustody& custody,
           Env& env, Log& log)
    : database_(std::move(database)),
      vault_(database_, custody, env),
      environments_(settings, env, log),
      accounts_(database_, vault_, environments_, env, log),
      mailbox_(database_, accounts_, env, log, {.thread_key = &thread_key_of}),
      directory_(database_, directory::configured_sources(environments_), env, log) {}

}  // namespace kvc::plugin
