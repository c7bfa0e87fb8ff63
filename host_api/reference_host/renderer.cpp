// SPDX-License-Identifier: Apache-2.0
#include "renderer.h"

#include <ostream>

namespace pvs::host {

void JsonLinesRenderer::say(std::string_view text) {
  people_ << text << std::endl;
}

void JsonLinesRenderer::outcome(std::string_view step, std::string_view user, const JsonObject::Ptr& outcome) {
  JsonObject::Ptr line = new_object();
  line->set("step", std::string(step));
  line->set("as", std::string(user));
  if (outcome->has("kind")) {
    line->set("view", outcome);
  } else {
    for (const auto& [key, value] : *outcome) {
      line->set(key, value);
    }
  }
  out_ << to_line(line) << std::endl;
}

void JsonLinesRenderer::event(const JsonObject::Ptr& event) {
  out_ << to_line(event) << std::endl;
}

}  // namespace pvs::host
