#include "controller/discovery/curl_http_client.h"

#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "controller/discovery/test_http_server.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HttpRequest GetOf(const std::string& url) {
  return {HttpMethod::kGet, url, {{"Accept", "application/json"}}, ""};
}

HttpLimits Within(absl::Duration time) {
  HttpLimits limits;
  limits.deadline = absl::Now() + time;
  return limits;
}

absl::StatusOr<HttpResponse> Exchange(const HttpRequest& request,
                                      const HttpLimits& limits,
                                      const HttpSink& sink = nullptr,
                                      const std::stop_token& stop = {}) {
  CurlHttpClient client;
  return client.Exchange(request, limits, stop, sink);
}

TEST(CurlHttpClient, GivesStatusHeadersAndBody) {
  TestHttpServer server([](TestConnection& c) {
    EXPECT_THAT(c.request(), HasSubstr("GET /v2/apps?a=b HTTP/1.1\r\n"));
    EXPECT_THAT(c.request(), HasSubstr("Accept: application/json\r\n"));
    c.SendResponse("404 Not Found", "X-Marathon-Leader:  http://m\r\n", "{}");
  });
  const auto response =
      Exchange(GetOf(server.url("/v2/apps?a=b")), Within(absl::Seconds(10)));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 404);
  EXPECT_EQ(response->body, "{}");
  EXPECT_EQ(response->headers.at("x-marathon-leader"), "http://m");
}

TEST(CurlHttpClient, PostsTheBodyAsItIs) {
  TestHttpServer server([](TestConnection& c) {
    EXPECT_THAT(c.request(), HasSubstr("POST / HTTP/1.1"));
    EXPECT_THAT(c.request(), HasSubstr("Content-Type: application/json\r\n"));
    EXPECT_THAT(c.request(), Not(HasSubstr("Expect:")));
    c.SendResponse("200 OK", "", c.request().substr(c.request().size() - 5));
  });
  HttpRequest request{HttpMethod::kPost,
                      server.url(),
                      {{"Content-Type", "application/json"}},
                      std::string(3000, 'x')};
  request.body += std::string("\0[17]", 5);
  const auto response = Exchange(request, Within(absl::Seconds(10)));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->body, std::string("\0[17]", 5));
}

TEST(CurlHttpClient, DeletesToo) {
  TestHttpServer server([](TestConnection& c) {
    EXPECT_THAT(c.request(), HasSubstr("DELETE /x HTTP/1.1"));
    c.SendResponse("200 OK", "", "");
  });
  EXPECT_TRUE(Exchange({HttpMethod::kDelete, server.url("/x"), {}, ""},
                       Within(absl::Seconds(10)))
                  .ok());
}

TEST(CurlHttpClient, NobodyThereIsUnavailable) {
  int port = 0;
  {
    port = TestHttpServer([](TestConnection&) {}).port();
  }
  EXPECT_EQ(Exchange(GetOf(absl::StrCat("http://127.0.0.1:", port)),
                     Within(absl::Seconds(10)))
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(
      Exchange(GetOf("http://nowhere.invalid/"), Within(absl::Seconds(10)))
          .status()
          .code(),
      absl::StatusCode::kUnavailable);
  EXPECT_EQ(Exchange(GetOf("file:///etc/hostname"), Within(absl::Seconds(10)))
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(CurlHttpClient, ASlowServerEndsAtTheDeadline) {
  TestHttpServer server([](TestConnection& c) {
    c.Send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
    c.WaitUntilClosed();
  });
  const absl::Time start = absl::Now();
  EXPECT_EQ(Exchange(GetOf(server.url()), Within(absl::Milliseconds(300)))
                .status()
                .code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
}

TEST(CurlHttpClient, ADeadlineThatPassedAsksNobody) {
  TestHttpServer server([](TestConnection&) { ADD_FAILURE(); });
  EXPECT_EQ(
      Exchange(GetOf(server.url()), Within(-absl::Seconds(1))).status().code(),
      absl::StatusCode::kUnavailable);
}

TEST(CurlHttpClient, AResetInTheMiddleIsAborted) {
  TestHttpServer server([](TestConnection& c) {
    c.Send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc");
    c.Reset();
  });
  EXPECT_EQ(
      Exchange(GetOf(server.url()), Within(absl::Seconds(10))).status().code(),
      absl::StatusCode::kAborted);
}

TEST(CurlHttpClient, ABodyThatEndsTooSoonIsAborted) {
  TestHttpServer server([](TestConnection& c) {
    c.Send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
  });
  EXPECT_EQ(
      Exchange(GetOf(server.url()), Within(absl::Seconds(10))).status().code(),
      absl::StatusCode::kAborted);
}

TEST(CurlHttpClient, WhatIsNoHttpIsAborted) {
  TestHttpServer server([](TestConnection& c) { c.Send("SSH-2.0-x\r\n"); });
  EXPECT_EQ(
      Exchange(GetOf(server.url()), Within(absl::Seconds(10))).status().code(),
      absl::StatusCode::kAborted);
}

TEST(CurlHttpClient, FiftyMegabytesPassAndTheLimitHolds) {
  const std::string body(size_t{50} << 20, 'x');
  TestHttpServer server(
      [&](TestConnection& c) { c.SendResponse("200 OK", "", body); });
  const auto response =
      Exchange(GetOf(server.url()), Within(absl::Seconds(30)));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body.size(), body.size());
  HttpLimits limits = Within(absl::Seconds(30));
  limits.max_body = body.size() - 1;
  EXPECT_EQ(Exchange(GetOf(server.url()), limits).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(CurlHttpClient, ABodyOfUnknownLengthIsBoundedToo) {
  TestHttpServer server([](TestConnection& c) {
    c.Send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    while (c.Send(std::string(10000, 'x'))) {
    }
  });
  HttpLimits limits = Within(absl::Seconds(30));
  limits.max_body = 100'000;
  EXPECT_EQ(Exchange(GetOf(server.url()), limits).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(CurlHttpClient, RedirectsAreNotFollowed) {
  TestHttpServer server([&](TestConnection& c) {
    EXPECT_THAT(c.request(), HasSubstr("GET /first"));
    c.SendResponse("302 Found", "Location: /second\r\n", "");
  });
  const auto response =
      Exchange(GetOf(server.url("/first")), Within(absl::Seconds(10)));
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(response->headers.at("location"), "/second");
}

TEST(CurlHttpClient, AStreamArrivesPieceByPieceUntilItIsStopped) {
  TestHttpServer server([](TestConnection& c) {
    c.Send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    c.Send("data: x\r\n\r\n");
    c.WaitUntilClosed();
  });
  std::stop_source stop;
  std::string seen;
  const auto response = Exchange(
      GetOf(server.url()), {},
      [&](absl::string_view piece) {
        seen.append(piece.data(), piece.size());
        if (seen.size() == 11) stop.request_stop();
        return absl::OkStatus();
      },
      stop.get_token());
  EXPECT_EQ(response.status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(seen, "data: x\r\n\r\n");
}

TEST(CurlHttpClient, AStopFromAnotherThreadWakesASilentExchange) {
  std::stop_source stop;
  TestHttpServer server([&](TestConnection& c) {
    stop.request_stop();
    c.WaitUntilClosed();
  });
  EXPECT_EQ(Exchange(GetOf(server.url()), {}, nullptr, stop.get_token())
                .status()
                .code(),
            absl::StatusCode::kCancelled);
}

TEST(CurlHttpClient, TheSinksErrorEndsTheStream) {
  TestHttpServer server([](TestConnection& c) {
    c.SendResponse("200 OK", "", std::string(10000, 'x'));
  });
  EXPECT_EQ(Exchange(GetOf(server.url()), Within(absl::Seconds(10)),
                     [](absl::string_view) {
                       return absl::OutOfRangeError("enough");
                     })
                .status(),
            absl::OutOfRangeError("enough"));
}

TEST(CurlHttpClient, AnErrorsBodyDoesNotGoToTheSink) {
  TestHttpServer server(
      [](TestConnection& c) { c.SendResponse("503 No", "", "<html>"); });
  const auto response = Exchange(GetOf(server.url()), Within(absl::Seconds(10)),
                                 [](absl::string_view) -> absl::Status {
                                   ADD_FAILURE();
                                   return absl::OkStatus();
                                 });
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->body, "<html>");
}

TEST(CurlHttpClient, ASilentStreamEnds) {
  TestHttpServer server([](TestConnection& c) {
    c.Send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n\r\n");
    c.WaitUntilClosed();
  });
  HttpLimits limits;
  limits.silence = absl::Seconds(1);
  EXPECT_EQ(Exchange(GetOf(server.url()), limits,
                     [](absl::string_view) { return absl::OkStatus(); })
                .status()
                .code(),
            absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace sunder::controller
