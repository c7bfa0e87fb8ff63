// SPDX-License-Identifier: Apache-2.0
#include "report.h"

#include <algorithm>
#include <cstdio>

namespace pvs::conformance {

namespace {

/// Texts come from printable(): no control characters, valid UTF-8.
std::string xml_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
    }
    out += c;
  }
  return out + '"';
}

std::string seconds_text(double seconds) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f", seconds);
  return text;
}

std::string all_texts(const CheckResult& result) {
  std::string text;
  for (const std::string& one : result.texts) {
    text += (text.empty() ? "" : "\n") + one;
  }
  return result.output.empty() ? text : text + "\nlast output: " + result.output;
}

}  // namespace

Totals count(const std::vector<CheckResult>& results) {
  Totals totals;
  for (const CheckResult& result : results) {
    switch (result.verdict) {
      case Verdict::passed:
        ++totals.passed;
        break;
      case Verdict::skipped:
        ++totals.skipped;
        break;
      case Verdict::warning:
        ++totals.warnings;
        break;
      case Verdict::failed:
        ++totals.failed;
        break;
      case Verdict::blocked:
        ++totals.blocked;
        break;
    }
  }
  return totals;
}

void print_result(std::ostream& out, const CheckResult& result) {
  out << verdict_name(result.verdict) << std::string(10 - std::string_view(verdict_name(result.verdict)).size(), ' ')
      << result.check->name << '\n';
  if (result.verdict == Verdict::failed || result.verdict == Verdict::warning) {
    out << "            rule: " << result.check->rule << '\n';
  }
  for (const std::string& text : result.texts) {
    out << "            " << text << '\n';
  }
  if (!result.output.empty() && result.verdict == Verdict::failed) {
    out << "            last output: " << result.output << '\n';
  }
}

std::string junit(const std::string& plugin, const std::vector<CheckResult>& results) {
  const Totals totals = count(results);
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"pvs-validate " + xml_text(plugin) +
                    "\" tests=\"" + std::to_string(results.size()) + "\" failures=\"" + std::to_string(totals.failed) +
                    "\" skipped=\"" + std::to_string(totals.skipped + totals.blocked) + "\">\n";
  for (const CheckResult& result : results) {
    out += "  <testcase classname=\"pvs-validate\" name=\"" + xml_text(result.check->name) + "\" time=\"" +
           seconds_text(result.seconds) + "\"";
    const std::string text = xml_text(all_texts(result));
    switch (result.verdict) {
      case Verdict::passed:
        out += "/>\n";
        break;
      case Verdict::failed:
        out +=
            ">\n    <failure message=\"" + xml_text(result.check->rule) + "\">" + text + "</failure>\n  </testcase>\n";
        break;
      case Verdict::warning:
        out += ">\n    <system-out>warning: " + text + "</system-out>\n  </testcase>\n";
        break;
      default:
        out += ">\n    <skipped message=\"" + text + "\"/>\n  </testcase>\n";
    }
  }
  return out + "</testsuite>\n";
}

std::string json(const std::string& plugin, const std::vector<CheckResult>& results) {
  const Totals totals = count(results);
  std::string out = "{\"plugin\": " + json_text(plugin) + ", \"passed\": " + std::to_string(totals.passed) +
                    ", \"skipped\": " + std::to_string(totals.skipped) +
                    ", \"warnings\": " + std::to_string(totals.warnings) +
                    ", \"failed\": " + std::to_string(totals.failed) +
                    ", \"blocked\": " + std::to_string(totals.blocked) + ",\n \"checks\": [";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const CheckResult& result = results[i];
    out += (i == 0 ? "\n  " : ",\n  ") + std::string("{\"name\": ") + json_text(result.check->name) +
           ", \"verdict\": \"" + verdict_name(result.verdict) + "\", \"seconds\": " + seconds_text(result.seconds) +
           ", \"rule\": " + json_text(result.check->rule) + ", \"texts\": [";
    for (std::size_t t = 0; t < result.texts.size(); ++t) {
      out += (t == 0 ? "" : ", ") + json_text(result.texts[t]);
    }
    out += "]" + (result.output.empty() ? "" : ", \"output\": " + json_text(result.output)) + "}";
  }
  return out + "\n ]}\n";
}

}  // namespace pvs::conformance
