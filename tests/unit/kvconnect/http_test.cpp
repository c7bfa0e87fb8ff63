// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/http.h"

#include <gtest/gtest.h>

#include "kvconnect/protocol_constants.h"

namespace kvc::kvconnect {
namespace {

/// Gives a text in pieces of `step` bytes; then the end, orderly or not.
class TextStream : public ByteStream {
 public:
  TextStream(std::string text, std::size_t step, bool orderly)
      : text_(std::move(text)), step_(step), orderly_(orderly) {}
  Result<std::size_t> read(char* buffer, std::size_t size) override {
    const std::size_t count = std::min({size, step_, text_.size() - at_});
    if (count == 0 && !orderly_) {
      return Status(error::connection_lost, "test");
    }
    text_.copy(buffer, count, at_);
    at_ += count;
    return count;
  }
  Status write(std::string_view) override { return {}; }

 private:
  std::string text_;
  std::size_t step_, at_ = 0;
  bool orderly_;
};

struct Read {
  Status status;
  int code = 0;
  std::string body;
  bool reusable = false;
};

Read read_all(const std::string& text, std::size_t step = 1000, bool orderly = true, std::uint64_t limit = 1 << 20) {
  TextStream stream(text, step, orderly);
  ResponseReader reader(stream);
  Read read;
  auto head = reader.read_head();
  if (!head.ok()) {
    read.status = head.status();
    return read;
  }
  read.code = head->status;
  read.status = reader.read_body(*head, limit, [&](std::string_view piece) -> Status {
    read.body.append(piece);
    return {};
  });
  read.reusable = reader.reusable();
  return read;
}

const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST(Http, ReadsABodyByItsLengthHoweverItArrives) {
  for (const std::size_t step : {1U, 2U, 3U, 7U, 1000U}) {
    const Read read = read_all(kOk + "Content-Length: 5\r\nX: y\r\n\r\nhello", step);
    EXPECT_TRUE(read.status.ok()) << read.status.to_string();
    EXPECT_EQ(read.body, "hello");
    EXPECT_TRUE(read.reusable);
  }
}

TEST(Http, ReadsChunks) {
  for (const std::size_t step : {1U, 2U, 5U, 1000U}) {
    const Read read = read_all(
        kOk + "transfer-encoding: Chunked\r\n\r\n5;x=1\r\nhello\r\nA \r\n, world 12\r\n0\r\nTrailer: 1\r\n\r\n", step);
    EXPECT_TRUE(read.status.ok()) << read.status.to_string();
    EXPECT_EQ(read.body, "hello, world 12");
    EXPECT_TRUE(read.reusable);
  }
}

TEST(Http, ATruncatedBodyIsNeverAShortSuccess) {
  const std::string by_length = kOk + "Content-Length: 5\r\n\r\nhello";
  const std::string by_chunks = kOk + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n";
  for (const std::string& whole : {by_length, by_chunks}) {
    for (std::size_t cut = 0; cut < whole.size(); ++cut) {
      for (const bool orderly : {true, false}) {
        const Read read = read_all(whole.substr(0, cut), 1000, orderly);
        EXPECT_TRUE(read.status.is(error::connection_lost)) << cut << " " << read.status.to_string();
      }
    }
  }
}

TEST(Http, ABodyWithoutLengthNeedsAnOrderlyEnd) {
  EXPECT_EQ(read_all(kOk + "\r\nall of it").body, "all of it");
  EXPECT_FALSE(read_all(kOk + "\r\nall of it").reusable);
  EXPECT_TRUE(read_all(kOk + "\r\nall of it", 1000, false).status.is(error::connection_lost));
}

TEST(Http, SkipsInformationalAnswers) {
  const Read read = read_all(
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nX: y\r\n\r\n" + kOk + "Content-Length: 1\r\n\r\nz", 1);
  EXPECT_EQ(read.code, 200);
  EXPECT_EQ(read.body, "z");
  std::string endless;
  for (int i = 0; i < 100; ++i) {
    endless += "HTTP/1.1 100 Continue\r\n\r\n";
  }
  EXPECT_TRUE(read_all(endless).status.is(error::bad_answer));
}

TEST(Http, NoBodyWhereThereIsNone) {
  for (const std::string code : {"204 No Content", "304 Not Modified"}) {
    const Read read = read_all("HTTP/1.1 " + code + "\r\nContent-Length: 17\r\n\r\n");
    EXPECT_TRUE(read.status.ok());
    EXPECT_TRUE(read.reusable);
  }
}

TEST(Http, RefusesWhatIsNoAnswer) {
  using std::string_literals::operator""s;
  const std::vector<std::string> garbage = {
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      "HTTP/2 200 OK\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      "HTTP/1.1 abc OK\r\n\r\n",
      "HTTP/1.1 099 OK\r\n\r\n",
      "HTTP/1.1 700 OK\r\n\r\n",
      "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n"s,
      kOk + std::string(300, 'n') + ": v\r\n\r\n",
      kOk + "N: " + std::string(70000, 'v') + "\r\n\r\n",
      kOk + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
      kOk + "Content-Length: -5\r\n\r\nhello",
      kOk + "Content-Length: +5\r\n\r\nhello",
      kOk + "Content-Length: 5x\r\n\r\nhello",
      kOk + "Content-Length: 99999999999999999999999\r\n\r\nhello",
      kOk + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: gzip\r\n\r\nx",
      kOk + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
      kOk + "Transfer-Encoding: chunked\r\n\r\n\r\n",
      kOk + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
      kOk + "Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n",
      kOk + "Transfer-Encoding: chunked\r\n\r\n5\r\nhelloX\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: chunked\r\n\r\n" + std::string(5000, '1') + "\r\n",
      kOk + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(9000, 'e') + "\r\nhello\r\n0\r\n\r\n",
  };
  for (const std::string& text : garbage) {
    const Read read = read_all(text);
    EXPECT_TRUE(read.status.is(error::bad_answer)) << text.substr(0, 60) << " -> " << read.status.to_string();
  }
}

TEST(Http, EndlessHeadIsCut) {
  std::string text = kOk;
  while (text.size() < 2 * kMaxHeadBytes) {
    text += "A: b\r\n";
  }
  EXPECT_TRUE(read_all(text).status.is(error::bad_answer));
  std::string trailers = kOk + "Transfer-Encoding: chunked\r\n\r\n0\r\n";
  for (int i = 0; i < 1000; ++i) {
    trailers += "A: b\r\n";
  }
  EXPECT_TRUE(read_all(trailers).status.is(error::bad_answer));
}

TEST(Http, MoreThanTheLimitIsRefusedBeforeItIsRead) {
  EXPECT_TRUE(read_all(kOk + "Content-Length: 11\r\n\r\n", 1000, true, 10).status.is(error::too_large));
  EXPECT_TRUE(read_all(kOk + "Transfer-Encoding: chunked\r\n\r\nB\r\n", 1000, true, 10).status.is(error::too_large));
  EXPECT_TRUE(read_all(kOk + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n6\r\n", 1000, true, 10)
                  .status.is(error::too_large));
  EXPECT_TRUE(read_all(kOk + "Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n").status.is(error::too_large));
  EXPECT_TRUE(read_all(kOk + "\r\n01234567890", 1000, true, 10).status.is(error::too_large));
  EXPECT_TRUE(read_all(kOk + "Content-Length: 10\r\n\r\n0123456789", 1000, true, 10).status.ok());
}

TEST(Http, BytesNobodyAskedForSpoilTheConnection) {
  EXPECT_FALSE(read_all(kOk + "Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n").reusable);
  EXPECT_FALSE(read_all(kOk + "Content-Length: 1\r\nConnection: Close\r\n\r\nx").reusable);
  EXPECT_FALSE(read_all("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx").reusable);
}

TEST(Http, ASinkMayStopTheTransfer) {
  TextStream stream(kOk + "Content-Length: 5\r\n\r\nhello", 1000, true);
  ResponseReader reader(stream);
  auto head = reader.read_head();
  ASSERT_TRUE(head.ok());
  const Status status =
      reader.read_body(*head, 100, [](std::string_view) { return Status(error::storage_full, "test"); });
  EXPECT_TRUE(status.is(error::storage_full));
  EXPECT_FALSE(reader.reusable());
}

TEST(Http, WritesBasicCredentialsAsUtf8) {
  // RFC 7617 section 2.1: user "test", password "123£" in UTF-8.
  const std::string user = "test";
  const Secret password("123\xC2\xA3");
  const auto bytes = write_request_head({"GET", "/a?b=c", "h:1", "", 0, ""}, &user, &password);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(bytes->reveal(),
            "GET /a?b=c HTTP/1.1\r\nHost: h:1\r\nUser-Agent: kvconnect\r\nAccept: */*\r\n"
            "Authorization: Basic dGVzdDoxMjPCow==\r\n\r\n");
}

TEST(Http, WritesALengthWithEveryBody) {
  const auto bytes = write_request_head({"POST", "/", "h", "text/plain", 0, ""}, nullptr, nullptr);
  ASSERT_TRUE(bytes.ok());
  EXPECT_NE(bytes->reveal().find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_EQ(bytes->reveal().find("Authorization"), std::string::npos);
}

TEST(Http, RefusesInjectedHeaderLines) {
  const std::string user = "anna";
  const Secret password("x");
  EXPECT_TRUE(
      write_request_head({"GET", "/", "h", "", 0, "x\r\nEvil: 1"}, nullptr, nullptr).status().is(error::bad_request));
  EXPECT_TRUE(
      write_request_head({"GET", "/\r\nX: y", "h", "", 0, ""}, nullptr, nullptr).status().is(error::bad_request));
  for (const std::string bad : {"", "a:b", "a\nb"}) {
    EXPECT_TRUE(write_request_head({"GET", "/", "h", "", 0, ""}, &bad, &password).status().is(error::bad_request));
  }
  const Secret line("a\nb");
  EXPECT_TRUE(write_request_head({"GET", "/", "h", "", 0, ""}, &user, &line).status().is(error::bad_request));
}

}  // namespace
}  // namespace kvc::kvconnect
