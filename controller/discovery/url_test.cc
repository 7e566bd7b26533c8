#include "controller/discovery/url.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Url, ABaseUrlMayHaveAPrefixAndEndsWithoutASlash) {
  EXPECT_EQ(*CheckBaseUrl("http://m1:8080/"), "http://m1:8080");
  EXPECT_EQ(*CheckBaseUrl("https://m.example/service/marathon//"),
            "https://m.example/service/marathon");
  EXPECT_EQ(*CheckBaseUrl("http://[fd00::1]:8080"), "http://[fd00::1]:8080");
}

TEST(Url, WhatIsNoBaseUrlIsRefused) {
  for (const char* text :
       {"", "m1:8080", "ftp://m1", "unix:/run/x", "http://", "http://m1/?a=b",
        "http://m1/#x", "http://m1:99999/", "/v2"}) {
    EXPECT_FALSE(CheckBaseUrl(text).ok()) << text;
  }
  const auto secret = CheckBaseUrl("http://ada:secret@m1:8080");
  ASSERT_FALSE(secret.ok());
  EXPECT_THAT(secret.status().message(), Not(HasSubstr("secret")));
}

TEST(Url, LocationsAreResolved) {
  const Url from = *ParseUrl("http://standby:8080/v2/events?x=y");
  EXPECT_EQ(ResolveLocation(from, "http://leader:1/v2/events")->text,
            "http://leader:1/v2/events");
  EXPECT_EQ(ResolveLocation(from, "//leader:1/v2/events")->text,
            "http://leader:1/v2/events");
  EXPECT_EQ(ResolveLocation(from, "/login")->text, "http://standby:8080/login");
  EXPECT_FALSE(ResolveLocation(from, "ftp://leader/").ok());
}

TEST(Url, PathsAreEscapedButForTheirSlashes) {
  EXPECT_EQ(EscapePath("a/b c?d#e%2f"), "a/b%20c%3Fd%23e%252f");
}

}  // namespace
}  // namespace sunder::controller
