// SPDX-License-Identifier: Apache-2.0
// The zip an address book comes in.
#include "directory/zip.h"

#include "fuzz/target.h"
#include "unit/directory/zip_builder.h"

namespace kvc::fuzz {

void directory_zip(std::string_view input) {
  const Cancel never;
  std::uint64_t read = 0;
  const Status status = directory::unzip(input, ".json", never, [&](directory::BookStream& stream) -> Status {
    while (stream.sbumpc() != std::streambuf::traits_type::eof()) {
      ++read;
    }
    return stream.outcome();
  });
  require(status.ok() || status.is(error::bad_answer), "a zip is good or a bad answer");
  // One byte of deflated text makes at most 1032: whatever the zip declares, no input makes more than that.
  require(read <= input.size() * 1032 + directory::kReadBlock, "no more comes out than went in");
}

std::vector<std::string> directory_zip_seeds() {
  using directory::testing::zip;
  using directory::testing::ZipFile;
  const std::string book = R"([{"uid":"u","email":"a@kv-safenet.de"}])";
  ZipFile stored{"accounts.json", book};
  stored.deflate = false;
  ZipFile bomb{"accounts.json", std::string(200'000, ' ')};
  bomb.spoil = [](ZipFile& file) { file.size = 10; };
  return {zip({{"accounts.json", book}}),
          zip({stored}),
          zip({{"../a.JSON", book}, {"b.txt", "x"}}, "Kommentar"),
          zip({bomb}),
          zip({}),
          zip({{"a.json", book}, {"b.json", book}})};
}

}  // namespace kvc::fuzz
