// SPDX-License-Identifier: Apache-2.0
// Reading views in tests.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "pvs/v1/view.pb.h"

namespace kvc::plugin::test {

inline std::vector<std::string> ids(const google::protobuf::RepeatedPtrField<pvs::v1::Action>& actions) {
  std::vector<std::string> ids;
  for (const auto& action : actions) {
    ids.push_back(action.action_id());
  }
  return ids;
}

inline const pvs::v1::Cell& cell(const pvs::v1::View& view, const std::string& column, int row = 0) {
  static const pvs::v1::Cell none;
  for (int i = 0; i < view.table().columns_size(); ++i) {
    if (view.table().columns(i).name() == column && i < view.table().rows(row).cells_size()) {
      return view.table().rows(row).cells(i);
    }
  }
  ADD_FAILURE() << "no column " << column;
  return none;
}

inline const pvs::v1::Detail::Fact& fact(const pvs::v1::View& view, const std::string& name) {
  static const pvs::v1::Detail::Fact none;
  for (const auto& group : view.detail().groups()) {
    for (const auto& each : group.facts()) {
      if (each.name() == name) {
        return each;
      }
    }
  }
  ADD_FAILURE() << "no fact " << name;
  return none;
}

inline const pvs::v1::Field& field(const pvs::v1::View& view, const std::string& name) {
  static const pvs::v1::Field none;
  for (const auto& each : view.form().fields()) {
    if (each.name() == name) {
      return each;
    }
  }
  ADD_FAILURE() << "no field " << name << " in " << view.kind();
  return none;
}

}  // namespace kvc::plugin::test
