// SPDX-License-Identifier: Apache-2.0
// Small parts every view is made of.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "pvs/v1/common.pb.h"
#include "pvs/v1/plugin.pb.h"
#include "pvs/v1/view.pb.h"
#include "texts/catalogue.h"

namespace kvc::plugin::views {

/// A view of `kind` with the catalogue's `<kind>.title` and, where there is one, `<kind>.help`.
[[nodiscard]] pvs::v1::View view(const Texts& t, std::string_view kind);
/// Appends a button; returns it for what is special about it.
pvs::v1::Action& add_action(google::protobuf::RepeatedPtrField<pvs::v1::Action>& actions, std::string_view id,
                            std::string label, pvs::v1::Action::Role role = pvs::v1::Action::ROLE_SECONDARY);
/// The button that leaves a view.
void add_close(const Texts& t, pvs::v1::View& view);
/// A field named `name` with the labels `field.<name>` and, where there is one, `field.<name>.hint`.
pvs::v1::Field& add_field(const Texts& t, pvs::v1::Form& form, std::string_view name, pvs::v1::Field::Type type,
                          bool required);
/// The sentence about a field after a refused submit; nothing if the form has no such field.
void set_field_error(pvs::v1::Form& form, std::string_view name, std::string sentence);

pvs::v1::Detail::Fact& add_fact(pvs::v1::Detail::Group& group, std::string_view name, std::string label,
                                std::string value);
void add_column(const Texts& t, pvs::v1::Table& table, std::string_view prefix, std::string_view name,
                pvs::v1::Table::Column::Kind kind);
/// The search field of a table: the action "search" with the value `field`, labelled `field.<field>`.
pvs::v1::Table::Search& set_search(const Texts& t, pvs::v1::Table& table, std::string_view field, std::string text);
void add_notice_fact(pvs::v1::Notice& notice, std::string label, std::string value);

/// The error as the host and its user get it: the catalogue's sentence, the stable code, and the parameters.
[[nodiscard]] pvs::v1::Error to_error(const Texts& t, const Status& status);
/// The sentence alone, for a stored key of an ErrorCode; empty for an empty key.
[[nodiscard]] std::string error_sentence(const Texts& t, std::string_view code_key);
/// What a server's or plugin's step key is called, e.g. "csr.210".
[[nodiscard]] std::string progress_sentence(const Texts& t, std::string_view step_key);

}  // namespace kvc::plugin::views
