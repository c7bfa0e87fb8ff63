// SPDX-License-Identifier: Apache-2.0
// Two accounts whose keys never change, so that an input found today still opens tomorrow.
#pragma once

#include <string>

#include "crypto/pkcs12.h"
#include "crypto/trust_list.h"

namespace kvc::fuzz {

/// Read from artificial_pki.pem: keys of nobody, made for this folder and published with it.
struct World {
  crypto::Identity anna;   ///< anna@kv-safenet.de, signs
  crypto::Identity bernd;  ///< bernd@kv-safenet.de, receives
  crypto::TrustList trust;
};
const World& world();

/// The text of artificial_pki.pem.
std::string world_pem();
/// A new text for artificial_pki.pem. Every finding kept so far loses its meaning with it.
std::string new_world_pem();

}  // namespace kvc::fuzz
