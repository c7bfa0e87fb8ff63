// SPDX-License-Identifier: Apache-2.0
#include "script.h"

#include <map>
#include <set>

namespace pvs::host {
namespace {

constexpr std::size_t kMaxScript = 4194304;
constexpr std::size_t kMaxSteps = 10000;
constexpr int kMaxRepeatDepth = 4;
constexpr std::int64_t kMaxMillis = 3600000;
constexpr std::int64_t kMostSuggestions = 1000;

using Kind = Step::Kind;

struct KindInfo {
  Kind kind;
  std::set<std::string> keys;  ///< further keys of such a step
};

/// The key that makes a step what it is. "fill" belongs to submit, action and suggest.
const std::map<std::string, KindInfo>& kinds() {
  static const std::map<std::string, KindInfo> all{
      {"invoke", {Kind::invoke, {"context", "arguments"}}},
      {"submit", {Kind::submit, {"fill"}}},
      {"action", {Kind::action, {"fill", "row", "part", "values"}}},
      {"suggest", {Kind::suggest, {"fill"}}},
      {"close", {Kind::close, {}}},
      {"search", {Kind::search, {}}},
      {"select_patient", {Kind::select_patient, {}}},
      {"choose_file", {Kind::choose_file, {}}},
      {"release_document", {Kind::release_document, {"media_type", "title"}}},
      {"billing_ready", {Kind::billing_ready, {"files"}}},
      {"fire_schedule", {Kind::fire_schedule, {}}},
      {"cancel_job", {Kind::cancel_job, {}}},
      {"health", {Kind::health, {}}},
      {"lock", {Kind::lock, {}}},
      {"unlock", {Kind::unlock, {}}},
      {"sleep_ms", {Kind::sleep, {}}},
      {"repeat", {Kind::repeat, {"until", "every_ms"}}},
  };
  return all;
}

const std::set<std::string>& common_keys() {
  static const std::set<std::string> keys{"say",        "as",     "when",         "wait_job",
                                          "timeout_ms", "expect", "expect_event", "remember"};
  return keys;
}

std::chrono::milliseconds millis(const JsonObject& object, const std::string& key, std::chrono::milliseconds fallback,
                                 const std::string& where) {
  if (!object.has(key)) {
    return fallback;
  }
  const std::int64_t value = as_integer(object.get(key), where + "." + key);
  if (value < 0 || value > kMaxMillis) {
    throw InputError(where + "." + key + " must be between 0 and " + std::to_string(kMaxMillis));
  }
  return std::chrono::milliseconds(value);
}

void check_text(const Var& value, const std::string& where) {
  if (as_text(value, where).empty()) {
    throw InputError(where + " must not be empty");
  }
}

/// Form of the value behind the kind's key.
void check_value(const Step& step, const std::string& key) {
  const std::string where = step.where + "." + key;
  switch (step.kind) {
    case Kind::invoke:
    case Kind::submit:
    case Kind::action:
    case Kind::select_patient:
    case Kind::release_document:
    case Kind::billing_ready:
    case Kind::fire_schedule:
    case Kind::lock:
    case Kind::unlock:
      check_text(step.value, where);
      break;
    case Kind::search:
      static_cast<void>(as_text(step.value, where));
      break;
    case Kind::suggest: {
      const JsonObject& wanted = *as_object(step.value, where);
      refuse_unknown_keys(wanted, {"field", "text", "limit"}, where);
      static_cast<void>(as_text(wanted.get("field"), where + ".field"));
      static_cast<void>(as_text(wanted.get("text"), where + ".text"));
      if (wanted.has("limit")) {
        const std::int64_t limit = as_integer(wanted.get("limit"), where + ".limit");
        if (limit < 0 || limit > kMostSuggestions) {
          throw InputError(where + ".limit must be between 0 and " + std::to_string(kMostSuggestions));
        }
      }
      break;
    }
    case Kind::close:
    case Kind::cancel_job:
    case Kind::health:
      if (!as_bool(step.value, where)) {
        throw InputError(where + " can only be true");
      }
      break;
    case Kind::choose_file:
      static_cast<void>(as_texts(step.value, where));
      break;
    case Kind::sleep:
      static_cast<void>(millis(*step.object, key, {}, step.where));
      break;
    case Kind::repeat:
    case Kind::none:
      break;
  }
}

class ScriptParser {
 public:
  std::vector<Step> steps(const Var& value, const std::string& prefix, int depth) {
    if (depth > kMaxRepeatDepth) {
      throw InputError(prefix + ": repeats are nested too deep");
    }
    std::vector<Step> steps;
    for (const Var& item : *as_array(value, prefix.empty() ? "the script" : prefix + "repeat")) {
      if (++count_ > kMaxSteps) {
        throw InputError("the script has more than " + std::to_string(kMaxSteps) + " steps");
      }
      steps.push_back(step(item, prefix + "step " + std::to_string(steps.size() + 1), depth));
    }
    return steps;
  }

 private:
  Step step(const Var& item, const std::string& name, int depth) {
    Step step;
    step.where = name;
    step.object = as_object(item, name);
    const JsonObject& object = *step.object;
    std::set<std::string> known = common_keys();
    std::string kind_key;
    for (const auto& [key, info] : kinds()) {
      if (!object.has(key)) {
        continue;
      }
      if (!kind_key.empty()) {
        throw InputError(name + " has both \"" + kind_key + "\" and \"" + key + "\": make two steps of it");
      }
      kind_key = key;
      step.kind = info.kind;
      known.insert(key);
      known.insert(info.keys.begin(), info.keys.end());
    }
    refuse_unknown_keys(object, known, name);
    read_common(step);
    if (!kind_key.empty()) {
      step.value = object.get(kind_key);
      check_value(step, kind_key);
    }
    check_objects(step);
    if (step.kind == Kind::repeat) {
      if (!object.has("until")) {
        throw InputError(name + " repeats without \"until\"");
      }
      step.steps = steps(step.value, name + " / ", depth + 1);
    }
    return step;
  }

  static void read_common(Step& step) {
    const JsonObject& object = *step.object;
    step.say = text_or(object, "say", "", step.where);
    if (!step.say.empty()) {
      step.where += " (" + step.say + ")";
    }
    step.as = text_or(object, "as", "", step.where);
    step.wait_job = object.has("wait_job") && as_bool(object.get("wait_job"), step.where + ".wait_job");
    step.timeout = millis(object, "timeout_ms", step.timeout, step.where);
    step.every = millis(object, "every_ms", step.every, step.where);
    if (object.has("when")) {
      step.when = as_object(object.get("when"), step.where + ".when");
    }
    if (object.has("expect")) {
      step.expect = as_object(object.get("expect"), step.where + ".expect");
    }
    if (object.has("expect_event")) {
      step.expect_event = as_object(object.get("expect_event"), step.where + ".expect_event");
    }
  }

  static void check_objects(const Step& step) {
    for (const char* key : {"context", "arguments", "fill", "values", "remember", "until"}) {
      if (step.object->has(key)) {
        static_cast<void>(as_object(step.object->get(key), step.where + "." + key));
      }
    }
    if (step.object->has("context")) {
      refuse_unknown_keys(*step.object->getObject("context"), {"patient", "document"}, step.where + ".context");
    }
    if (step.object->has("files")) {
      static_cast<void>(as_texts(step.object->get("files"), step.where + ".files"));
    }
    if (step.object->has("row") && step.object->has("part")) {
      throw InputError(step.where + " has both \"row\" and \"part\"");
    }
  }

  std::size_t count_ = 0;
};

}  // namespace

std::vector<Step> parse_script(std::string_view text) {
  Var document = parse_document(text, "the script");
  // {"steps": [...]} leaves room for a description beside the steps.
  if (is_object(document)) {
    const JsonObject& object = *document.extract<JsonObject::Ptr>();
    refuse_unknown_keys(object, {"description", "steps"}, "the script");
    document = object.get("steps");
  }
  return ScriptParser().steps(document, "", 0);
}

std::vector<Step> read_script(const std::filesystem::path& file) {
  return parse_script(read_small_file(file, kMaxScript));
}

}  // namespace pvs::host
