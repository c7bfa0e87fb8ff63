// SPDX-License-Identifier: Apache-2.0
// Fixed words of CDA R2. Internal to letter/.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "xml/reader.h"

namespace kvc::letter::cda {

inline constexpr const char* kNamespace = "urn:hl7-org:v3";
inline constexpr const char* kTypeRoot = "2.16.840.1.113883.1.3";
inline constexpr const char* kTypeExtension = "POCD_HD000040";
inline constexpr const char* kLoinc = "2.16.840.1.113883.6.1";
inline constexpr const char* kConsultationNote = "11488-4";  // as the letters of the network have it
inline constexpr const char* kConfidentiality = "2.16.840.1.113883.5.25";
inline constexpr const char* kGender = "2.16.840.1.113883.5.1";
inline constexpr const char* kLanrOid = "1.2.276.0.76.4.16";
inline constexpr const char* kBsnrOid = "1.2.276.0.76.4.17";

/// Children of ClinicalDocument in the order of the CDA R2 schema.
inline constexpr std::array<std::string_view, 27> kHeaderOrder = {"realmCode",
                                                                  "typeId",
                                                                  "templateId",
                                                                  "id",
                                                                  "code",
                                                                  "title",
                                                                  "effectiveTime",
                                                                  "confidentialityCode",
                                                                  "languageCode",
                                                                  "setId",
                                                                  "versionNumber",
                                                                  "copyTime",
                                                                  "recordTarget",
                                                                  "author",
                                                                  "dataEnterer",
                                                                  "informant",
                                                                  "custodian",
                                                                  "informationRecipient",
                                                                  "legalAuthenticator",
                                                                  "authenticator",
                                                                  "participant",
                                                                  "inFulfillmentOf",
                                                                  "documentationOf",
                                                                  "relatedDocument",
                                                                  "authorization",
                                                                  "componentOf",
                                                                  "component"};

/// Reads any CDA document with this folder's limits; its root is a ClinicalDocument. Errors: malformed, too_large.
Result<xml::Element> load(std::string_view document);

/// What a loaded document lacks; see check_structure().
std::vector<std::string> deviations_of(const xml::Element& root);

}  // namespace kvc::letter::cda
