// SPDX-License-Identifier: Apache-2.0
#include "directory/word_index.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <numeric>
#include <type_traits>

namespace kvc::directory {
namespace {

/// The bytes: this mark, then the five arrays, each behind its number of elements (8 bytes); all numbers in the byte
/// order of the machine, because a database file does not travel between kinds of machines while it is in use, and an
/// index that cannot be read is made again by the next refresh.
constexpr std::string_view kMark = "kvc.directory.index.1\n";

template <class Array>
void put(std::string& bytes, const Array& array) {
  const std::uint64_t count = array.size();
  bytes.append(reinterpret_cast<const char*>(&count), sizeof count);
  bytes.append(reinterpret_cast<const char*>(array.data()), array.size() * sizeof(typename Array::value_type));
}

template <class Array>
bool take(std::string_view& bytes, Array& array) {
  constexpr std::size_t kElement = sizeof(typename Array::value_type);
  std::uint64_t count = 0;
  if (bytes.size() < sizeof count) {
    return false;
  }
  std::memcpy(&count, bytes.data(), sizeof count);
  bytes.remove_prefix(sizeof count);
  if (count > bytes.size() / kElement) {
    return false;
  }
  array.resize(static_cast<std::size_t>(count));
  if (!array.empty()) {
    std::memcpy(array.data(), bytes.data(), array.size() * kElement);
  }
  bytes.remove_prefix(array.size() * kElement);
  return true;
}

constexpr std::size_t kBitsPerBlock = 64;

/// Appends the ids of the bits that are set in `bits` until there are `limit`.
void append_ids(const std::vector<std::uint64_t>& bits, const std::vector<std::int64_t>& ids, std::size_t limit,
                std::vector<std::int64_t>& found) {
  for (std::size_t block = 0; block < bits.size(); ++block) {
    for (std::uint64_t rest = bits[block]; rest != 0; rest &= rest - 1) {
      if (found.size() >= limit) {
        return;
      }
      found.push_back(ids[block * kBitsPerBlock + static_cast<std::size_t>(std::countr_zero(rest))]);
    }
  }
}

}  // namespace

// ---------------------------------------------------------------------------------------------------- searching

Result<std::shared_ptr<const WordIndex>> WordIndex::load(std::string_view bytes) {
  auto index = std::make_shared<WordIndex>();
  const bool ours = bytes.starts_with(kMark);
  bytes.remove_prefix(ours ? kMark.size() : 0);
  if (!ours || !take(bytes, index->ids_) || !take(bytes, index->text_) || !take(bytes, index->word_ends_) ||
      !take(bytes, index->place_ends_) || !take(bytes, index->places_) || !bytes.empty() || !index->plausible()) {
    return Status(error::storage_corrupt, "the index of the address book is damaged");
  }
  return std::shared_ptr<const WordIndex>(std::move(index));
}

bool WordIndex::plausible() const {
  return word_ends_.size() == place_ends_.size() && std::is_sorted(word_ends_.begin(), word_ends_.end()) &&
         std::is_sorted(place_ends_.begin(), place_ends_.end()) &&
         (word_ends_.empty() || (word_ends_.back() == text_.size() && place_ends_.back() == places_.size())) &&
         std::all_of(places_.begin(), places_.end(), [&](std::uint32_t place) { return place / 2 < ids_.size(); });
}

std::string_view WordIndex::word(std::size_t number) const {
  const std::size_t begin = number == 0 ? 0 : word_ends_[number - 1];
  return std::string_view(text_).substr(begin, word_ends_[number] - begin);
}

/// The words with a prefix stand side by side.
void WordIndex::collect(std::string_view prefix, Bits& anywhere, Bits& in_name) const {
  std::vector<std::uint32_t>::size_type low = 0;
  for (std::size_t high = word_ends_.size(); low < high;) {
    const std::size_t middle = low + (high - low) / 2;
    if (word(middle) < prefix) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (std::size_t number = low; number < word_ends_.size() && word(number).starts_with(prefix); ++number) {
    for (std::size_t i = number == 0 ? 0 : place_ends_[number - 1]; i < place_ends_[number]; ++i) {
      const std::size_t entry = places_[i] / 2;
      const std::uint64_t bit = std::uint64_t{1} << (entry % kBitsPerBlock);
      anywhere[entry / kBitsPerBlock] |= bit;
      in_name[entry / kBitsPerBlock] |= (places_[i] & 1U) != 0 ? bit : 0;
    }
  }
}

std::vector<std::int64_t> WordIndex::find(const std::vector<std::string>& words, std::size_t limit) const {
  if (words.empty()) {
    return {ids_.begin(), ids_.begin() + static_cast<std::ptrdiff_t>(std::min(limit, ids_.size()))};
  }
  const std::size_t blocks = (ids_.size() + kBitsPerBlock - 1) / kBitsPerBlock;
  Bits all(blocks, ~std::uint64_t{0});
  Bits in_name(blocks);
  for (const std::string& one : words) {
    Bits anywhere(blocks);
    collect(one, anywhere, in_name);
    for (std::size_t i = 0; i < blocks; ++i) {
      all[i] &= anywhere[i];
    }
  }
  for (std::size_t i = 0; i < blocks; ++i) {
    in_name[i] &= all[i];
    all[i] &= ~in_name[i];
  }
  std::vector<std::int64_t> found;
  append_ids(in_name, ids_, limit, found);
  append_ids(all, ids_, limit, found);
  return found;
}

// ---------------------------------------------------------------------------------------------------- building

void WordIndexBuilder::clear() {
  ids_.clear();
  orders_.clear();
  words_.clear();
}

void WordIndexBuilder::add(std::int64_t id, std::string order, std::string_view name_words,
                           std::string_view other_words) {
  ids_.push_back(id);
  orders_.push_back(std::move(order));
  add_words(name_words, 1);
  add_words(other_words, 0);
}

void WordIndexBuilder::add_words(std::string_view words, std::uint32_t mark) {
  const auto entry = static_cast<std::uint32_t>(ids_.size() - 1);
  while (!words.empty()) {
    const std::size_t end = std::min(words.find(' '), words.size());
    if (end > 0) {
      auto& places = words_[std::string(words.substr(0, end))];
      if (places.empty() || places.back() / 2 != entry) {  // the name's words come first, and their mark stays
        places.push_back(entry * 2 + mark);
      }
    }
    words.remove_prefix(std::min(end + 1, words.size()));
  }
}

std::string WordIndexBuilder::finish() {
  std::vector<std::uint32_t> by_order(ids_.size());
  std::iota(by_order.begin(), by_order.end(), 0U);
  std::sort(by_order.begin(), by_order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return orders_[a] != orders_[b] ? orders_[a] < orders_[b] : ids_[a] < ids_[b];
  });
  WordIndex index;
  std::vector<std::uint32_t> place_of(ids_.size());
  for (std::uint32_t place = 0; place < by_order.size(); ++place) {
    place_of[by_order[place]] = place;
    index.ids_.push_back(ids_[by_order[place]]);
  }
  std::vector<std::string_view> sorted;
  sorted.reserve(words_.size());
  for (const auto& [text, places] : words_) {
    sorted.push_back(text);
  }
  std::sort(sorted.begin(), sorted.end());
  for (const std::string_view text : sorted) {
    std::vector<std::uint32_t>& places = words_.find(std::string(text))->second;
    for (std::uint32_t& place : places) {
      place = place_of[place / 2] * 2 + (place & 1U);
    }
    std::sort(places.begin(), places.end());
    index.text_ += text;
    index.places_.insert(index.places_.end(), places.begin(), places.end());
    index.word_ends_.push_back(static_cast<std::uint32_t>(index.text_.size()));
    index.place_ends_.push_back(static_cast<std::uint32_t>(index.places_.size()));
  }
  clear();
  std::string bytes(kMark);
  put(bytes, index.ids_);
  put(bytes, index.text_);
  put(bytes, index.word_ends_);
  put(bytes, index.place_ends_);
  put(bytes, index.places_);
  return bytes;
}

}  // namespace kvc::directory
