// SPDX-License-Identifier: Apache-2.0
#include "mailbox/blob.h"

#include <gtest/gtest.h>

#include <istream>
#include <ostream>
#include <sstream>

#include "account/sql.h"
#include "unit/account/world.h"

namespace kvc::testing {
namespace {

using mailbox::BlobReader;
using mailbox::BlobWriter;
using mailbox::kChunkSize;

std::string pattern(std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; ++i) {
    bytes[i] = static_cast<char>(i * 7 % 253);
  }
  return bytes;
}

class Blobs : public ::testing::Test {
 protected:
  std::string store(const std::string& bytes) {
    BlobWriter writer(*world->database, world->env, world->account_a, 100U << 20U);
    std::ostream(&writer) << bytes;
    EXPECT_TRUE(finish(writer).ok());
    return writer.id();
  }
  Status finish(BlobWriter& writer) {
    const Status done = world->database->write([&](Poco::Data::Session& session) { return writer.finish(session); });
    if (done.ok()) {
      writer.committed();
    }
    return done;
  }
  std::string load(const std::string& id) {
    auto reader = BlobReader::open(*world->database, id);
    EXPECT_TRUE(reader.ok());
    std::ostringstream out;
    if ((*reader)->size() != 0) {
      out << reader->get();
    }
    EXPECT_TRUE((*reader)->status().ok());
    return out.str();
  }
  std::int64_t count(const char* table) {
    std::int64_t rows = -1;
    EXPECT_TRUE(world->database
                    ->read([&](Poco::Data::Session& session) {
                      account::Sql sql(session, std::string("SELECT count(*) FROM ") + table);
                      sql.into(rows).next();
                      return Status();
                    })
                    .ok());
    return rows;
  }
  std::unique_ptr<World> world = World::with_two_accounts();
};

TEST_F(Blobs, ComeBackAsTheyWere) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kChunkSize - 1, kChunkSize, kChunkSize + 1, 3 * kChunkSize}) {
    const std::string bytes = pattern(size);
    EXPECT_TRUE(load(store(bytes)) == bytes) << size;
  }
}

TEST_F(Blobs, AreSeekable) {
  const std::string bytes = pattern(2 * kChunkSize + 100);
  const auto reader = BlobReader::open(*world->database, store(bytes)).value().release();
  const std::unique_ptr<BlobReader> owner(reader);
  std::istream in(reader);
  for (const std::size_t place : {2 * kChunkSize + 99, std::size_t{0}, kChunkSize, kChunkSize - 1, std::size_t{5}}) {
    in.seekg(static_cast<std::streamoff>(place));
    EXPECT_EQ(static_cast<std::size_t>(in.tellg()), place);
    EXPECT_EQ(in.get(), static_cast<unsigned char>(bytes[place])) << place;
    EXPECT_EQ(static_cast<std::size_t>(in.tellg()), place + 1);
  }
  in.seekg(0, std::ios::end);
  EXPECT_EQ(static_cast<std::size_t>(in.tellg()), bytes.size());
  EXPECT_EQ(in.get(), std::istream::traits_type::eof());
  in.clear();
  in.seekg(static_cast<std::streamoff>(bytes.size() + 1));
  EXPECT_TRUE(in.fail());
}

// Written by an earlier version.
TEST_F(Blobs, OfLargerChunksAreReadToo) {
  constexpr std::size_t kOldChunk = 1024UL * 1024;
  const std::string bytes = pattern(2 * kOldChunk + 5);
  ASSERT_TRUE(world->database
                  ->write([&](Poco::Data::Session& session) {
                    account::Sql(session,
                                 "INSERT INTO mail_blob (id, account_id, size, complete, created_at) VALUES "
                                 "('old', ?, ?, 1, 0)")
                        .arg(world->account_a)
                        .arg(static_cast<std::int64_t>(bytes.size()))
                        .run();
                    for (std::size_t at = 0; at < bytes.size(); at += kOldChunk) {
                      account::Sql(session, "INSERT INTO mail_chunk (blob_id, seq, data) VALUES ('old', ?, ?)")
                          .arg(static_cast<std::int64_t>(at / kOldChunk))
                          .blob(std::string_view(bytes).substr(at, kOldChunk))
                          .run();
                    }
                    return Status();
                  })
                  .ok());
  EXPECT_TRUE(load("old") == bytes);
  const auto reader = BlobReader::open(*world->database, "old");
  std::istream in(reader->get());
  in.seekg(static_cast<std::streamoff>(kOldChunk + 3));
  EXPECT_EQ(in.get(), static_cast<unsigned char>(bytes[kOldChunk + 3]));
}

TEST_F(Blobs, AreASourceOfManyStreams) {
  const std::string bytes = pattern(2 * kChunkSize + 100);
  const auto broken = std::make_shared<Status>();
  const auto source = mailbox::blob_source(world->database, store(bytes), broken);
  const auto first = source(), second = source();
  std::string start(10, '\0');
  ASSERT_TRUE(first->read(start.data(), 10));
  std::ostringstream whole;
  whole << second->rdbuf();
  EXPECT_TRUE(whole.str() == bytes);
  std::ostringstream rest;
  rest << first->rdbuf();
  EXPECT_TRUE(start + rest.str() == bytes) << "each has its own place";
  EXPECT_TRUE(broken->ok());
}

TEST_F(Blobs, SourceTurnsBadWhereAChunkIsMissing) {
  const std::string id = store(pattern(3 * kChunkSize));
  ASSERT_TRUE(world->database
                  ->write([&](Poco::Data::Session& session) {
                    account::Sql(session, "DELETE FROM mail_chunk WHERE blob_id = ? AND seq = 1").arg(id).run();
                    return Status();
                  })
                  .ok());
  const auto broken = std::make_shared<Status>();
  {
    const auto in = mailbox::blob_source(world->database, id, broken)();
    std::string taken(3 * kChunkSize, '\0');
    in->read(taken.data(), static_cast<std::streamsize>(taken.size()));
    EXPECT_TRUE(in->bad());
    EXPECT_FALSE(in->eof());
  }
  EXPECT_TRUE(broken->is(error::storage_corrupt));
  const auto gone = std::make_shared<Status>();
  EXPECT_EQ(mailbox::blob_source(world->database, "nowhere", gone)(), nullptr);
  EXPECT_TRUE(gone->is(error::not_found));
}

TEST_F(Blobs, UnfinishedOnesLeaveNothing) {
  const auto before = count("mail_chunk");
  {
    BlobWriter writer(*world->database, world->env, world->account_a, 100U << 20U);
    std::ostream(&writer) << pattern(2 * kChunkSize);
    EXPECT_EQ(count("mail_chunk"), before + 2);
  }
  EXPECT_EQ(count("mail_chunk"), before);
  EXPECT_EQ(count("mail_blob"), 0);
}

TEST_F(Blobs, AbandonedOnesAreErasedAfterADay) {
  {
    BlobWriter writer(*world->database, world->env, world->account_a, 100U << 20U);
    std::ostream(&writer) << pattern(kChunkSize);
    world->fault.dead = true;  // its destructor cannot clean up
  }
  world->fault.dead = false;
  const std::string kept = store("kept");
  EXPECT_EQ(count("mail_blob"), 2);
  const auto erase = [&] {
    return world->database->write([&](Poco::Data::Session& session) {
      mailbox::erase_abandoned_blobs(session, world->account_a, world->env.now());
      return Status();
    });
  };
  ASSERT_TRUE(erase().ok());
  EXPECT_EQ(count("mail_blob"), 2) << "its writer may be alive";
  world->env.advance(std::chrono::hours(25));
  ASSERT_TRUE(erase().ok());
  EXPECT_EQ(count("mail_blob"), 1);
  EXPECT_EQ(load(kept), "kept");
}

TEST_F(Blobs, LimitIsKept) {
  BlobWriter writer(*world->database, world->env, world->account_a, 10);
  std::ostream out(&writer);
  out << "0123456789";
  EXPECT_TRUE(out.good());
  out << "x";
  EXPECT_FALSE(out.good());
  EXPECT_TRUE(writer.status().is(error::too_large));
  EXPECT_TRUE(finish(writer).is(error::too_large));
}

TEST_F(Blobs, MissingChunkIsAnErrorNeverAShortMail) {
  const std::string id = store(pattern(3 * kChunkSize));
  ASSERT_TRUE(world->database
                  ->write([&](Poco::Data::Session& session) {
                    account::Sql(session, "DELETE FROM mail_chunk WHERE blob_id = ? AND seq = 1").arg(id).run();
                    return Status();
                  })
                  .ok());
  const auto reader = BlobReader::open(*world->database, id);
  std::ostringstream out;
  out << reader->get();
  EXPECT_TRUE((*reader)->status().is(error::storage_corrupt));
}

TEST_F(Blobs, UnknownOnesAreNotFound) {
  EXPECT_TRUE(BlobReader::open(*world->database, "no-such-blob").status().is(error::not_found));
}

}  // namespace
}  // namespace kvc::testing
