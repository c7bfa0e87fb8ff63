// SPDX-License-Identifier: Apache-2.0
#include "service/parts_check.h"

#include <algorithm>

namespace kvc::service {
namespace {

char small(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return small(x) == small(y); });
}

bool fits_any(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const auto& pattern) { return fits(pattern, text); });
}

bool type_fits(const PartRule& part, std::string_view type) {
  return std::any_of(part.types.begin(), part.types.end(), [&](const auto& known) { return same(known, type); });
}

bool fits_strictly(const PartRule& part, const FileFacts& file) {
  return !part.text && (part.names.empty() || fits_any(part.names, file.name)) &&
         (part.types.empty() || type_fits(part, file.type)) &&
         (part.descriptions.empty() || fits_any(part.descriptions, file.description));
}

template <class Fits>
const PartRule* first_part(const MessageRule& rule, Fits&& fits_part) {
  const auto found =
      std::find_if(rule.parts.begin(), rule.parts.end(), [&](const PartRule& p) { return !p.text && fits_part(p); });
  return found == rule.parts.end() ? nullptr : &*found;
}

const PartRule* resembles(const MessageRule& rule, const FileFacts& file) {
  if (const auto* part =
          first_part(rule, [&](const PartRule& p) { return fits_any(p.descriptions, file.description); })) {
    return part;
  }
  if (const auto* part = first_part(rule, [&](const PartRule& p) { return fits_any(p.names, file.name); })) {
    return part;
  }
  if (const auto* part = first_part(rule, [&](const PartRule& p) { return type_fits(p, file.type); })) {
    return part;
  }
  return first_part(rule,
                    [](const PartRule& p) { return p.names.empty() && p.types.empty() && p.descriptions.empty(); });
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    all += (all.empty() ? "" : ", ") + text;
  }
  return all;
}

// What a file that fits nothing could have been.
std::string anything_of(const MessageRule& rule) {
  std::vector<std::string> all;
  for (const PartRule& part : rule.parts) {
    if (!part.text) {
      all.push_back(describe(part));
    }
  }
  return joined(all);
}

class Checker {
 public:
  Checker(const MessageRule& rule, const std::vector<FileFacts>& files)
      : rule_(rule), files_(files), counts_(rule.parts.size(), 0) {}

  std::vector<PartProblem> run(bool has_text) {
    for (std::size_t i = 0; i < files_.size(); ++i) {
      file(i);
    }
    text(has_text);
    for (std::size_t i = 0; i < rule_.parts.size(); ++i) {
      const PartRule& part = rule_.parts[i];
      if (!part.text && counts_[i] < part.min) {
        problems_.push_back({PartProblem::Kind::missing, PartProblem::kNoFile, &part, describe(part)});
      }
    }
    sets();
    return std::move(problems_);
  }

 private:
  void file(std::size_t index) {
    for (std::size_t i = 0; i < rule_.parts.size(); ++i) {
      const PartRule& part = rule_.parts[i];
      if (!fits_strictly(part, files_[index])) {
        continue;
      }
      ++counts_[i];
      if (part.max != 0 && counts_[i] == part.max + 1) {
        problems_.push_back({PartProblem::Kind::too_many, index, &part, describe(part)});
      }
      return;
    }
    const PartRule* meant = resembles(rule_, files_[index]);
    problems_.push_back(
        {PartProblem::Kind::unexpected_file, index, meant, meant == nullptr ? anything_of(rule_) : describe(*meant)});
  }

  void text(bool has_text) {
    const auto part = std::find_if(rule_.parts.begin(), rule_.parts.end(), [](const PartRule& p) { return p.text; });
    if (part == rule_.parts.end() && has_text) {
      problems_.push_back({PartProblem::Kind::text_not_wanted, PartProblem::kNoFile, nullptr, ""});
    } else if (part != rule_.parts.end() && part->min > 0 && !has_text) {
      problems_.push_back({PartProblem::Kind::missing, PartProblem::kNoFile, &*part, describe(*part)});
    }
  }

  [[nodiscard]] bool there(const std::string& role) const {
    for (std::size_t i = 0; i < rule_.parts.size(); ++i) {
      if (rule_.parts[i].role == role) {
        return counts_[i] > 0;
      }
    }
    return false;
  }

  void sets() {
    bool any = rule_.any_of.empty();
    bool told = false;
    for (const auto& roles : rule_.any_of) {
      const auto present = std::count_if(roles.begin(), roles.end(), [&](const auto& role) { return there(role); });
      const bool complete = present == static_cast<std::ptrdiff_t>(roles.size());
      any = any || complete;
      if (complete || present == 0) {
        continue;
      }
      told = true;
      for (const std::string& role : roles) {
        if (!there(role)) {
          const PartRule* part = rule_.part(role);
          problems_.push_back({PartProblem::Kind::incomplete, PartProblem::kNoFile, part, describe(*part)});
        }
      }
    }
    if (!any && !told) {
      none_of_the_sets();
    }
  }

  void none_of_the_sets() {
    std::vector<std::string> all;
    for (const auto& roles : rule_.any_of) {
      for (const std::string& role : roles) {
        all.push_back(describe(*rule_.part(role)));
      }
    }
    problems_.push_back(
        {PartProblem::Kind::incomplete, PartProblem::kNoFile, rule_.part(rule_.any_of[0][0]), joined(all)});
  }

  const MessageRule& rule_;
  const std::vector<FileFacts>& files_;
  std::vector<int> counts_;
  std::vector<PartProblem> problems_;
};

}  // namespace

std::string_view name(PartProblem::Kind kind) {
  switch (kind) {
    case PartProblem::Kind::unexpected_file:
      return "unexpected_file";
    case PartProblem::Kind::missing:
      return "missing";
    case PartProblem::Kind::too_many:
      return "too_many";
    case PartProblem::Kind::text_not_wanted:
      return "text_not_wanted";
    case PartProblem::Kind::incomplete:
      return "incomplete";
  }
  return "";
}

bool fits(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;  // the last '*', and how far it reached
  std::size_t reached = 0;
  while (t < text.size()) {
    const bool digit = p < pattern.size() && pattern[p] == '#' && text[t] >= '0' && text[t] <= '9';
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      reached = t;
    } else if (digit || (p < pattern.size() && pattern[p] != '#' && small(pattern[p]) == small(text[t]))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++reached;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

std::string describe(const PartRule& part) {
  std::string text = joined(part.names);
  if (text.empty()) {
    text = joined(part.types);
  }
  if (text.empty()) {
    return joined(part.descriptions);
  }
  return part.descriptions.empty() ? text : text + " (" + joined(part.descriptions) + ')';
}

std::vector<PartProblem> check_parts(const MessageRule& rule, bool has_text, const std::vector<FileFacts>& files) {
  return rule.parts.empty() ? std::vector<PartProblem>() : Checker(rule, files).run(has_text);
}

std::vector<std::string> roles_of(const MessageRule& rule, const std::vector<FileFacts>& files) {
  std::vector<std::string> roles;
  for (const FileFacts& file : files) {
    const PartRule* exact = first_part(rule, [&](const PartRule& p) { return fits_strictly(p, file); });
    const PartRule* part = exact != nullptr ? exact : resembles(rule, file);
    roles.push_back(part == nullptr ? std::string() : part->role);
  }
  return roles;
}

}  // namespace kvc::service
