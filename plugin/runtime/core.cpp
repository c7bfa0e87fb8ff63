// SPDX-License-Identifier: Apache-2.0
#include "runtime/core.h"

#include "billing/received.h"
#include "directory/configured_sources.h"

namespace kvc::plugin {
namespace {

/// The mailbox knows no begleitdatei (src/README.md): the program tells it how a KV's answer names its delivery.
std::optional<mailbox::ThreadKey> thread_key_of(const message::OpenedMessage& message) {
  const auto companion = billing::companion_of(message);
  if (!companion || companion->guid.empty()) {
    return std::nullopt;
  }
  return mailbox::ThreadKey{companion->guid, companion->version};
}

}  // namespace

Result<std::shared_ptr<Core>> Core::open(const settings::Settings& settings, const std::string& directory,
                                         vault::KeyCustody& custody, Env& env, Log& log) {
  KVC_ASSIGN(std::shared_ptr<store::Database> database,
             store::Database::open(settings.storage_dsn, directory, env, log));
  KVC_ASSIGN(service::Catalogue catalogue, service::Catalogue::load(settings.service_catalogue_file));
  return std::make_shared<Core>(std::move(database), std::move(catalogue), settings, directory, custody, env, log);
}

Core::Core(std::shared_ptr<store::Database> database, service::Catalogue catalogue, const settings::Settings& settings,
           const std::string& directory, vault::KeyCustody& custody, Env& env, Log& log)
    : database_(std::move(database)),
      catalogue_(std::move(catalogue)),
      vault_(database_, custody, env),
      environments_(settings, env, log),
      accounts_(database_, vault_, environments_, env, log),
      directory_(database_, directory::configured_sources(environments_), env, log),
      mailbox_(database_, accounts_, env, log,
               {.catalogue = &catalogue_, .thread_key = &thread_key_of, .spool_directory = directory}),
      archive_(database_, accounts_, env, log) {}

}  // namespace kvc::plugin
