// SPDX-License-Identifier: Apache-2.0
// What a practice does with an account, as steps of a script, to be put together: under a fault, after a kill, and as
// proof that all is well. Environment as in scripts/, besides: OTHER_PASSWORD, OWN_ADDRESS.
#pragma once

#include <initializer_list>
#include <string>

namespace kvc::e2e {

#define KVC_OPEN                                                         \
  R"({"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true},)" \
  R"({"action": "open", "row": 0, "wait_job": true, "expect": {"kind": "account.overview"}},)"

inline constexpr const char* kCreate = R"({"as": "arzt", "invoke": "kvconnect.account.new"},
  {"submit": "check", "wait_job": true, "timeout_ms": 120000,
   "fill": {"username": {"env": "KVC_TOUR_USERNAME"}, "password": {"env": "KVC_TOUR_PASSWORD"},
            "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"},
            "keystore_password_repeat": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}, "display_name": "Praxiskonto"}},
  {"when": {"kind": "account.password_change"}, "submit": "change", "wait_job": true, "timeout_ms": 120000,
   "fill": {"new_password": {"env": "KVC_TOUR_NEW_PASSWORD"}, "new_password_repeat": {"env": "KVC_TOUR_NEW_PASSWORD"}}})";

inline constexpr const char* kCheck = KVC_OPEN R"({"action": "check", "wait_job": true, "timeout_ms": 120000})";

inline constexpr const char* kChangePassword = KVC_OPEN R"({"action": "change_password", "wait_job": true},
  {"submit": "change", "wait_job": true, "timeout_ms": 120000,
   "fill": {"new_password": {"env": "OTHER_PASSWORD"}, "new_password_repeat": {"env": "OTHER_PASSWORD"}}})";

inline constexpr const char* kRenew =
    KVC_OPEN R"({"action": "renew", "wait_job": true, "expect": {"kind": "account.renew"}},
  {"action": "renew", "wait_job": true, "timeout_ms": 120000})";

/// What the overview asks for where a renewal was interrupted: it is taken up again, by a click.
inline constexpr const char* kFinishRenewal =
    KVC_OPEN R"({"when": {"detail": {"groups": [{"facts": [{"name": "renewal", "code": "under_way"}]}]}},
   "action": "renew", "wait_job": true, "timeout_ms": 120000},
  {"when": {"kind": "account.renew"}, "action": "renew", "wait_job": true, "timeout_ms": 120000})";

/// Where the certificate is gone from the server already, there is nothing to delete any more.
inline constexpr const char* kDelete =
    KVC_OPEN R"({"when": {"actions": [{"action_id": "delete_certificate", "disabled": {"$absent": true}}]},
   "action": "delete_certificate", "wait_job": true},
  {"when": {"kind": "account.delete_certificate"}, "action": "delete_certificate", "wait_job": true, "timeout_ms": 120000})";

inline constexpr const char* kImport = R"({"as": "arzt", "invoke": "kvconnect.account.new"},
  {"choose_file": ["keystore.p12"]},
  {"submit": "import", "wait_job": true,
   "fill": {"username": {"env": "KVC_TOUR_USERNAME"}, "password": {"env": "KVC_TOUR_NEW_PASSWORD"},
            "keystore_password": {"env": "KVC_TOUR_KEYSTORE_PASSWORD"}}},
  {"submit": "import", "wait_job": true, "timeout_ms": 120000,
   "expect": {"form": {"fields": [{"name": "keystore_content"}]}}},
  {"submit": "create", "wait_job": true, "timeout_ms": 120000})";

inline constexpr const char* kEndsReady = R"({"expect": {"kind": "account.overview", "detail": {"groups": [
   {"facts": [{"name": "state", "code": "ready"}]},
   {"facts": [{"name": "certificate", "code": "valid"}]}]}}})";
inline constexpr const char* kEndsNewPassword = R"({"expect": {"kind": "account.overview", "detail": {"groups": [
   {"facts": [{"name": "note", "value": {"$contains": "Passwort wurde geändert"}}]}]}}})";
inline constexpr const char* kEndsRenewed = R"({"expect": {"kind": "account.overview", "detail": {"groups": [
   {"facts": [{"name": "note", "value": {"$contains": "Zertifikate wurden erneuert"}}]},
   {"facts": [{"name": "certificate", "code": "valid"}, {"name": "server_certificate", "code": "same"}]}]}}})";
inline constexpr const char* kEndsDeleted = R"({"expect": {"kind": "account.overview", "detail": {"groups": [
   {"facts": [{"name": "state", "code": "failed"}]},
   {"facts": [{"name": "server_certificate", "code": "none"}]}]}}},
  {"action": "continue", "wait_job": true, "timeout_ms": 120000})";

/// The account works in both directions: a message to oneself is encrypted, signed and accepted.
inline constexpr const char* kProof =
    R"({"as": "arzt", "invoke": "kvconnect.accounts", "wait_job": true, "expect": {"table": {"total": 1}}},
  {"action": "check", "row": 0, "wait_job": true, "timeout_ms": 120000,
   "expect": {"detail": {"groups": [{"facts": [{"name": "connection", "code": "good"}]},
                                    {"facts": [{"name": "state", "code": "ready"}]},
                                    {"facts": [{"name": "server_certificate", "code": "same"}]}]}}},
  {"invoke": "kvconnect.compose.enachricht", "wait_job": true, "expect": {"kind": "compose.enachricht"}},
  {"submit": "check", "wait_job": true, "timeout_ms": 120000,
   "fill": {"recipient": "${env:OWN_ADDRESS}", "subject": "Probe", "text": "Liebe Kollegin", "request_receipt": false},
   "expect": {"kind": "compose.confirm"}},
  {"action": "send", "wait_job": true, "timeout_ms": 120000,
   "expect": {"kind": "message.queued", "notice": {"severity": "good"}}})";

/// Each of the `count` messages opens, whichever key it was encrypted for.
inline std::string all_open(int count) {
  return R"({"as": "arzt", "invoke": "kvconnect.fetch", "wait_job": true, "timeout_ms": 120000},
  {"invoke": "kvconnect.inbox", "wait_job": true,
   "expect": {"table": {"total": )" +
         std::to_string(count) + R"(, "rows": {"$not": [{"cells": {"verdict": {"code": {"$not": "valid"}}}}]}}}})";
}

inline std::string steps(std::initializer_list<std::string> parts) {
  std::string text;
  for (const std::string& part : parts) {
    text += (text.empty() ? "[" : ",\n ") + part;
  }
  return text + "]";
}

#undef KVC_OPEN

}  // namespace kvc::e2e
