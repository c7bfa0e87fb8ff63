// SPDX-License-Identifier: Apache-2.0
// The services as data (protocol D): ids, clear subjects, parts, replies, deadlines, recipients. services.json beside
// this file holds them all with their marks [C]/[I]/[D]; an integrator adds services with a file of the same form
// (services.schema.json), without new code.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "service/service_id.h"

namespace kvc::service {

/// How certain a rule is (protocol, "Marks").
enum class Mark { certain, inferred, defined };

/// A text for people in both languages.
struct Title {
  std::string de, en;
};

/// What a message is within its service.
enum class MessageKind {
  delivery,  ///< begins a thread
  receipt,   ///< Eingangsbestaetigung (MDN)
  feedback,  ///< Rueckmeldung
  protocol,  ///< Pruefprotokoll
  status,    ///< Status of eDokumentation
  answer,    ///< any other answer, Quittungen included
};
/// Stable, as in services.json and in the database.
std::string_view name(MessageKind kind);
std::optional<MessageKind> message_kind(std::string_view name);

/// One kind of file (or the text) of a message.
struct PartRule {
  std::string role;  ///< stable key within the message: "text", "eab_xml", "begleitdatei" ...
  Title title;
  /// Patterns, compared without case: '*' any characters, '#' one digit. Empty list: anything.
  std::vector<std::string> names, descriptions;
  std::vector<std::string> types;  ///< media types, the first is what we write; empty list: anything
  int min = 0, max = 0;            ///< how many; max 0: no limit
  bool text = false;               ///< the message's own text, no file
};

/// One message of a service: a Dienstkennung and what belongs to it.
struct MessageRule {
  MessageKind kind = MessageKind::delivery;
  ServiceId id;
  std::vector<std::string> read_versions;  ///< older versions that are read besides id.version
  std::string variant;                     ///< "QSHLT", "PTV11"; empty where the service has none
  std::string subject;                     ///< the clear Subject
  Title title;
  std::vector<PartRule> parts;  ///< empty: any text, any files
  /// If not empty: at least one of these sets of roles must be complete, and the roles of a set come together.
  std::vector<std::vector<std::string>> any_of;
  Mark mark = Mark::defined;
  [[nodiscard]] const PartRule* part(std::string_view role) const;  ///< borrowed, null if there is none
};

/// By which fact a reply is matched to its delivery.
enum class LinkBy { in_reply_to, original_message_id, guid };

/// When a reply is waited for.
enum class Expected {
  always,
  if_requested,  ///< the sender asked for it (Disposition-Notification-To)
  announced,     ///< only if the receiver announces it (KVCA functions 7 to 10)
  maybe,         ///< it may come, nobody waits for it
};

struct ReplyRule {
  MessageKind kind = MessageKind::answer;
  std::vector<LinkBy> by;
  Expected expected = Expected::maybe;
  int deadline_hours = 0;     ///< 0: none
  bool working_days = false;  ///< the hours of Saturdays and Sundays do not count (working_time.h)
  Mark mark = Mark::defined;
};

/// Who may receive a delivery.
enum class Recipients {
  any,
  address_book,
  kvca,        ///< the KV's address from the KVCA file
  local_part,  ///< a fixed name before the '@'
};

/// Whether a delivery is confirmed by an MDN, and with which disposition.
enum class ReceiptPolicy { never, displayed, processed };

struct Service {
  std::string key;  ///< stable: "earztbrief", "enachricht", "1click", "edokumentation" ...
  Title title;
  std::vector<std::string> variants;
  std::vector<MessageRule> messages;
  std::vector<ReplyRule> replies;
  Recipients recipients = Recipients::any;
  std::string local_part;  ///< for Recipients::local_part
  ReceiptPolicy receipt = ReceiptPolicy::displayed;
  std::string answered_by;  ///< key of the service with which a user answers; empty: users do not answer
  Mark mark = Mark::defined;

  /// Of this kind and variant (the first of the kind if `variant` is empty); borrowed, null if there is none.
  [[nodiscard]] const MessageRule* message(MessageKind kind, std::string_view variant = {}) const;
  [[nodiscard]] const ReplyRule* reply(MessageKind kind) const;  ///< borrowed, null if there is none
};

/// A message's place in the catalogue; borrowed from the Catalogue.
struct Match {
  const Service* service = nullptr;
  const MessageRule* message = nullptr;
  bool version_known = false;  ///< false: only the first two elements are known, the version is read all the same
};

/// All services. A value; const functions may be called from any thread.
class Catalogue {
 public:
  /// The services of protocol D. Lives for ever.
  static const Catalogue& builtin();
  /// Reads a text of the form of services.json. Error: invalid_settings, the detail says where and what is wrong
  /// ("services[2].messages[0].id: ...").
  static Result<Catalogue> parse(std::string_view json);
  /// This one with the services of `more` added; a service with a known key replaces it as a whole. Error:
  /// invalid_settings if two services then claim the same Dienstkennung.
  [[nodiscard]] Result<Catalogue> with(const Catalogue& more) const;
  /// builtin() with the services of `file` (setting service_catalogue_file; at most 1 MiB), or builtin() alone if
  /// `file` is empty. Errors: file_unreadable, invalid_settings; param "place" where the fault has one, e.g. "services[0].id". Thread: [worker].
  static Result<Catalogue> load(const std::string& file);

  [[nodiscard]] const std::vector<Service>& services() const { return services_; }
  [[nodiscard]] const Service* service(std::string_view key) const;  ///< borrowed, null if there is none
  /// Full string first, then the first two elements (protocol D). Nothing for an unknown one: such mail is received,
  /// stored and shown all the same.
  [[nodiscard]] std::optional<Match> find(const ServiceId& id) const;
  /// The same for a raw header value; nothing also for one that is no Dienstkennung.
  [[nodiscard]] std::optional<Match> find(std::string_view id) const;
  /// Key of the service a raw header value belongs to; receipts of unknown services and everything else unknown: "".
  [[nodiscard]] std::string key_of(std::string_view id) const;

  /// The type (second element) of every receipt, whatever the service (protocol C, "MDN").
  [[nodiscard]] const std::string& receipt_type() const { return receipt_type_; }
  /// Known from the catalogue, or any id with receipt_type().
  [[nodiscard]] bool is_receipt(const ServiceId& id) const;
  /// The Dienstkennung of the receipt for a message with this id: that of the catalogue with the version of the
  /// message, for unknown services `<service>;Eingangsbestaetigung;<version>`.
  [[nodiscard]] ServiceId receipt_for(const ServiceId& id) const;
  /// Unknown services: displayed.
  [[nodiscard]] ReceiptPolicy receipt_policy(const ServiceId& id) const;

 private:
  std::vector<Service> services_;
  std::string receipt_type_;
};

/// The JSON Schema (draft-07) of services.json. Lives for ever.
std::string_view catalogue_schema();

}  // namespace kvc::service
