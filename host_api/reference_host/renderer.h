// SPDX-License-Identifier: Apache-2.0
// Where views go. The script runner knows nothing of how they are drawn.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "json.h"

namespace pvs::host {

/// Draws what a plugin shows. [main]
class Renderer {
 public:
  virtual ~Renderer() = default;
  /// A sentence for the person who watches.
  virtual void say(std::string_view text) = 0;
  /// What came of an action. `outcome` is that of view_json.h.
  virtual void outcome(std::string_view step, std::string_view user, const JsonObject::Ptr& outcome) = 0;
  /// Something that happened beside it: {"event": ...}.
  virtual void event(const JsonObject::Ptr& event) = 0;
};

/// One JSON object a line for `out`: {"step", "as", "view": {...}} or {"step", "as", "error" | "done" | "accepted":
/// {...}}, and events as they are. Sentences go to `people`.
class JsonLinesRenderer final : public Renderer {
 public:
  JsonLinesRenderer(std::ostream& out, std::ostream& people) : out_(out), people_(people) {}
  void say(std::string_view text) override;
  void outcome(std::string_view step, std::string_view user, const JsonObject::Ptr& outcome) override;
  void event(const JsonObject::Ptr& event) override;

 private:
  std::ostream& out_;
  std::ostream& people_;
};

}  // namespace pvs::host
