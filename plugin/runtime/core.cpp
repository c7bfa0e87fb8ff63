// SPDX-License-Identifier: Apache-2.0
#include "runtime/core.h"

#include "directory/configured_sources.h"

namespace kvc::plugin {

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
      directory_(database_, directory::configured_sources(environments_), env, log),
      mailbox_(database_, accounts_, env, log) {}

}  // namespace kvc::plugin
