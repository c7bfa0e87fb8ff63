// SPDX-License-Identifier: Apache-2.0
#include "views/suggestion_views.h"

#include "views/addressbook_views.h"

namespace kvc::plugin::views {
namespace {

/// Practice, town and address: what tells namesakes apart. An expired certificate is said here already, because
/// nothing can be sent under it.
std::string hint_of(const Texts& t, const directory::Entry& entry, TimePoint now) {
  std::string line;
  const auto add = [&](const std::string& more) {
    if (!more.empty()) {
      line.append(line.empty() ? "" : ", ").append(more);
    }
  };
  add(entry.practice);
  add(entry.town);
  add(entry.name.empty() ? std::string() : entry.address);
  const directory::CertificateAge age = directory::certificate_age(entry, now, 0);
  if (age.state == directory::CertificateAge::State::expired) {
    add(t("addressbook.column.certificate") + " " + certificate_age_sentence(t, age));
  }
  return line;
}

}  // namespace

pvs::v1::ActionReply suggestions(const Texts& t, const std::string& field, const std::string& typed,
                                 const std::vector<directory::Hit>& hits, std::size_t limit,
                                 const directory::BookStatus& book, TimePoint now) {
  pvs::v1::ActionReply reply;
  auto& found = *reply.mutable_suggestions();
  found.set_field(field);
  found.set_text(typed);
  for (const directory::Hit& hit : hits) {
    if (static_cast<std::size_t>(found.suggestions_size()) >= limit) {
      found.set_more(true);
      break;
    }
    auto& one = *found.add_suggestions();
    one.set_value(hit.entry.address);
    one.set_label(hit.entry.name.empty() ? hit.entry.address : hit.entry.name);
    one.set_hint(hint_of(t, hit.entry, now));
    one.set_emphasised(hit.favourite);
  }
  if (hits.empty() && !typed.empty()) {
    found.set_empty_text(book.refreshed_at ? t("form.not_in_book", {{"name", typed}}) : t("form.no_book"));
  }
  return reply;
}

}  // namespace kvc::plugin::views
