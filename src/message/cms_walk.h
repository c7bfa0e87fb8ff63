// SPDX-License-Identifier: Apache-2.0
// Takes a CMS ContentInfo (BER or DER) apart while it streams by: the octets of its content on the one hand, on the
// other its outline, which is everything else as a small structure of the same meaning. cms_usual_signed.h,
// cms_usual_envelope.h and OpenSSL read the outline; the content never has to be in memory. Internal to message/.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "message/reader.h"

namespace kvc::message::cms {

/// [D] Certificates, recipients and signatures together; real ones take a few KB.
inline constexpr std::size_t kMaxOutline = 1024UL * 1024;
/// [D] Elements inside elements; real ones have about ten.
inline constexpr std::size_t kMaxBerDepth = 40;

/// A ContentInfo without its content.
struct Outline {
  std::string ber;
  bool content_apart = false;   ///< an empty content stands for the real one; false: there is none, or it was left in
  bool trailing_bytes = false;  ///< something follows the structure
  /// Where in `ber` the certificates of a SignedData stand, if they do so where they belong; else nothing.
  std::size_t certificates_at = 0, certificates_size = 0;
};

/// The content of EnvelopedData, AuthEnvelopedData or SignedData as a stream. The outline is complete at its end, and
/// only a structure that is good to its end has one. Errors: malformed, and what reading gives.
class ContentWalker : public Reader {
 public:
  explicit ContentWalker(ReaderPtr ber) : in_(std::move(ber)) {}
  Result<std::string_view> next() override;
  [[nodiscard]] const Outline& outline() const noexcept { return outline_; }
  /// The outline as it will be if nothing follows the content; once there was a piece.
  [[nodiscard]] std::string outline_so_far() const { return outline_.ber + std::string(2 * levels_.size(), '\0'); }

 private:
  struct Head {
    unsigned char tag = 0;
    bool constructed = false, indefinite = false, end_of_contents = false;
    std::uint64_t length = 0;
    std::uint64_t end = 0;  ///< position behind it; the surrounding limit for an indefinite length
    std::string bytes;
  };
  /// An element the walk is inside of.
  struct Level {
    std::uint64_t end = 0;
    bool indefinite = false;
  };
  /// How far the way to the content was gone: up to explicit_octets, the number is that of the levels entered.
  enum class Place { outside, content_info, explicit_content, data, content_parent, explicit_octets, content, done };

  Status need_byte();
  Result<unsigned char> byte();
  Result<Head> head();
  Status keep(std::string_view bytes);
  Status copy(const Head& head, std::size_t depth);
  Status copy_bytes(std::uint64_t length);
  Status enter(const Head& head);
  Result<bool> leave();
  bool enters(const Head& head) const;
  bool is_content(const Head& head) const;
  Result<bool> step();
  Result<std::string_view> content_piece();
  Status begin_content(const Head& head);
  void note_certificates(const Head& head, std::size_t begin);
  Status check_tail();

  ReaderPtr in_;
  std::string_view piece_;
  std::uint64_t at_ = 0;  ///< position of piece_'s begin
  std::vector<Level> levels_;
  std::vector<Level> strings_;  ///< constructed octet strings around the octets at hand
  std::uint64_t octets_ = 0;    ///< left of the primitive string at hand
  Place place_ = Place::outside;
  int behind_content_ = 0;  ///< elements of a SignedData seen behind its content
  bool of_known_type_ = false, signed_data_ = false, failed_ = false;
  Outline outline_;
};

/// Walks to the end. A failure of the transfer encoding behind the place where the structure breaks goes first.
Result<Outline> outline(const Text& ber);
/// The content of a structure whose outline says content_apart.
Text content(Text ber);

}  // namespace kvc::message::cms
