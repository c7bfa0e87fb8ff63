// SPDX-License-Identifier: Apache-2.0
#include "crypto/sealed_box.h"

#include <gtest/gtest.h>

#include "unit/crypto/hex.h"

namespace kvc::crypto {
namespace {

using test::from_hex;
using test::to_hex;

TEST(X25519, Rfc7748Section61) {
  const Secret alice(from_hex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
  const Secret bob(from_hex("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
  const auto alice_public = box_public_key(alice).value();
  const auto bob_public = box_public_key(bob).value();
  EXPECT_EQ(to_hex(alice_public), "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
  EXPECT_EQ(to_hex(bob_public), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
  const std::string shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742";
  EXPECT_EQ(to_hex(x25519(alice, bob_public)->reveal()), shared);
  EXPECT_EQ(to_hex(x25519(bob, alice_public)->reveal()), shared);
}

TEST(X25519, RefusesKeysWithoutSecret) {
  const auto pair = make_box_key_pair(Env::system()).value();
  EXPECT_TRUE(x25519(pair.private_key, std::string(32, '\0')).status().is(error::bad_request));
  EXPECT_TRUE(x25519(pair.private_key, "short").status().is(error::bad_request));
  EXPECT_TRUE(x25519(Secret(std::string_view("short")), pair.public_key).status().is(error::bad_request));
}

TEST(SealedBox, OnlyThePrivateHalfOpens) {
  const auto pair = make_box_key_pair(Env::system()).value();
  const auto other = make_box_key_pair(Env::system()).value();
  const Secret plain(std::string_view("Kontoschluessel"));
  const auto sealed = box_seal(Env::system(), pair.public_key, plain, "a").value();
  EXPECT_EQ(sealed.find("Kontoschluessel"), std::string::npos);
  EXPECT_TRUE(box_open(pair.private_key, sealed, "a").value() == plain);
  EXPECT_TRUE(box_open(other.private_key, sealed, "a").status().is(error::decrypt_failed));
  EXPECT_TRUE(box_open(pair.private_key, sealed, "b").status().is(error::decrypt_failed));
  EXPECT_TRUE(box_open(Secret(), sealed, "a").status().is(error::decrypt_failed));
}

TEST(SealedBox, EveryChangedByteAndTruncationIsNoticed) {
  const auto pair = make_box_key_pair(Env::system()).value();
  const auto sealed = box_seal(Env::system(), pair.public_key, Secret(std::string_view("x")), "a").value();
  for (std::size_t at = 0; at < sealed.size(); ++at) {
    std::string changed = sealed;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_TRUE(box_open(pair.private_key, changed, "a").status().is(error::decrypt_failed)) << at;
    EXPECT_TRUE(box_open(pair.private_key, sealed.substr(0, at), "a").status().is(error::decrypt_failed)) << at;
  }
}

TEST(SealedBox, RefusesSomethingThatIsNoPublicKey) {
  EXPECT_TRUE(box_seal(Env::system(), "", Secret(), "").status().is(error::bad_request));
  EXPECT_TRUE(box_seal(Env::system(), std::string(32, '\0'), Secret(), "").status().is(error::bad_request));
}

}  // namespace
}  // namespace kvc::crypto
