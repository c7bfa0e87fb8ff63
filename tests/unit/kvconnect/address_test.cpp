// SPDX-License-Identifier: Apache-2.0
#include "kvconnect/address.h"

#include <gtest/gtest.h>

#include "kvconnect/retry.h"

namespace kvc::kvconnect {
namespace {

using std::chrono::seconds;

TEST(Address, BaseUrl) {
  const auto plain = parse_base_url("https://KV.Example:8443/kvconnect/rest");
  ASSERT_TRUE(plain.ok());
  EXPECT_EQ(plain->host, "kv.example");
  EXPECT_EQ(plain->port, 8443);
  EXPECT_EQ(plain->path, "/kvconnect/rest/");
  EXPECT_EQ(plain->host_field(), "kv.example:8443");
  const auto six = parse_base_url("https://[::1]/");
  ASSERT_TRUE(six.ok());
  EXPECT_EQ(six->host, "::1");
  EXPECT_EQ(six->host_field(), "[::1]");
  for (const char* bad : {"", "http://x/", "https://", "https://u:p@x/", "https://x/?a", "https://x/#a", "x/",
                          "https://x y/", "https://x:0/"}) {
    EXPECT_TRUE(parse_base_url(bad).status().is(error::invalid_settings)) << bad;
  }
}

TEST(Address, IdsCannotLeaveTheirPlace) {
  EXPECT_EQ(*fill_path("accounts/{}/mails/{}", {"u 1", "a/b?c#d%e@kv-safenet.de"}),
            "accounts/u%201/mails/a%2Fb%3Fc%23d%25e%40kv-safenet.de");
  EXPECT_EQ(*fill_path("login/{}", {"M\xC3\xBCller"}), "login/M%C3%BCller");
  EXPECT_EQ(*fill_path("login/{}", {"{}"}), "login/%7B%7D") << "a value is no pattern";
  for (const std::string& bad : {std::string(), std::string("."), std::string(".."), std::string(2000, 'x')}) {
    EXPECT_TRUE(fill_path("login/{}", {bad}).status().is(error::bad_request)) << bad;
  }
  EXPECT_EQ(*fill_path("login/{}", {"..."}), "login/...");
}

TEST(Address, RedirectsStayOnTheServer) {
  const ServerAddress server{"kv.example", 8443, "/rest/"};
  EXPECT_EQ(*same_origin_target(server, "/rest/login/a", "https://kv.example:8443/rest/accounts/1"),
            "/rest/accounts/1");
  EXPECT_EQ(*same_origin_target(server, "/rest/login/a", "https://KV.EXAMPLE:8443/rest/accounts/1#x"),
            "/rest/accounts/1");
  EXPECT_EQ(*same_origin_target(server, "/rest/login/a", "/rest/accounts/1?x=1"), "/rest/accounts/1?x=1");
  EXPECT_EQ(*same_origin_target(server, "/rest/login/a", "../accounts/1"), "/rest/accounts/1");
  for (const char* foreign :
       {"http://kv.example:8443/rest/", "https://kv.example/rest/", "https://evil.example:8443/rest/",
        "//evil.example:8443/rest/", "https://kv.example:8443@evil.example/", "https://a:b@kv.example:8443/",
        "https://kv.example.evil.example:8443/", "ftp://kv.example:8443/", "javascript:1"}) {
    EXPECT_TRUE(same_origin_target(server, "/rest/login/a", foreign).status().is(error::redirect_refused)) << foreign;
  }
  for (const char* unusable : {"", "https://[::1", "/a b", "/a\r\nX: y", "https://kv.example:99999999/"}) {
    EXPECT_FALSE(same_origin_target(server, "/rest/login/a", unusable).ok()) << unusable;
  }
}

TEST(Address, CsrResource) {
  EXPECT_EQ(*last_segment("https://kv.example:8443/kvconnect/rest/csr/17-a\r\n"), "17-a");
  EXPECT_EQ(*last_segment("/csr/17/"), "17");
  EXPECT_EQ(*last_segment("17"), "17");
  for (const char* bad : {"", "/", "https://x/csr/%2e%2e", "https://x/csr/a b", "csr/%zz"}) {
    EXPECT_TRUE(last_segment(bad).status().is(error::bad_answer)) << bad;
  }
}

TEST(Retry, AfterSecondsOrADate) {
  const TimePoint now = *parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(std::chrono::system_clock::to_time_t(now), 784111777);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), now);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), now);
  EXPECT_EQ(parse_http_date("Fri, 31 Dec 9999 23:59:59 GMT"), TimePoint::max());
  EXPECT_EQ(parse_retry_after("120", now), seconds(120));
  EXPECT_EQ(parse_retry_after(" 0 ", now), seconds(0));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:50:37 GMT", now), seconds(60));
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 1994 08:00:00 GMT", now), seconds(0)) << "the past";
  EXPECT_EQ(parse_retry_after("99999999999999999999", now), seconds(3600)) << "capped";
  EXPECT_EQ(parse_retry_after("Sun, 06 Nov 2094 08:49:37 GMT", now), seconds(3600));
  for (const std::string& bad :
       {std::string(), std::string("-1"), std::string("1.5"), std::string("soon"), std::string(5000, 'x'),
        std::string("Sun, 99 Foo"), std::string("Sun, 31 Feb 2020 00:00:00 GMT"),
        std::string("Sun, 06 Nov 1994 25:00:00 GMT"), std::string("Sun, 06 Nov 1994 08:49:37 CET")}) {
    EXPECT_EQ(parse_retry_after(bad, now), std::nullopt) << bad.substr(0, 20);
  }
}

TEST(Retry, BackoffGrowsToItsCapWithJitter) {
  const Millis base(500);
  const Millis cap(3000);
  EXPECT_EQ(backoff(1, base, cap, 0), Millis(250));
  EXPECT_EQ(backoff(2, base, cap, 0), Millis(500));
  EXPECT_EQ(backoff(3, base, cap, 0), Millis(1000));
  EXPECT_EQ(backoff(4, base, cap, 0), Millis(1500));
  EXPECT_EQ(backoff(1000, base, cap, 0.5), Millis(2250));
  EXPECT_LT(backoff(3, base, cap, 0.999), Millis(2000));
}

}  // namespace
}  // namespace kvc::kvconnect
