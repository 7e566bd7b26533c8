#include "controller/discovery/marathon_client.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "controller/discovery/fake_http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kApps[] = R"({"apps":[{"id":"/a"}]})";

// A client with two base URLs whose answers `handler` gives.
struct World {
  explicit World(FakeHttpClient::Handler handler,
                 const Credentials& credentials = {})
      : http(std::make_shared<FakeHttpClient>(std::move(handler))),
        client(*MarathonClient::Create({"http://m1", "http://m2/marathon/"},
                                       credentials, http)) {}
  std::vector<std::string> asked() const {
    std::vector<std::string> urls;
    for (const auto& request : http->requests()) urls.push_back(request.url);
    return urls;
  }
  std::shared_ptr<FakeHttpClient> http;
  std::unique_ptr<MarathonClient> client;
};

CallLimits Soon() { return {absl::Now() + absl::Seconds(10), {}}; }

bool IsFirst(const FakeHttpClient::Call& call) {
  return absl::StartsWith(call.request.url, "http://m1/");
}

TEST(MarathonClient, ListsAppsWithTheirTasks) {
  World world(
      [](const auto&) {
        return HttpResponse{200, {}, kApps};
      },
      {"ada", "x", ""});
  const auto content = world.client->ListApps(Soon());
  ASSERT_TRUE(content.ok());
  EXPECT_EQ(content->apps.at(0).id(), "/a");
  const HttpRequest request = world.http->requests().at(0);
  EXPECT_EQ(request.url, "http://m1/v2/apps?embed=apps.tasks");
  EXPECT_EQ(HeaderOf(request, "Accept"), "application/json");
  EXPECT_EQ(HeaderOf(request, "Authorization"), "Basic YWRhOng=");
}

TEST(MarathonClient, UrlsAreTriedInTurnAndTheGoodOneIsKept) {
  const std::vector<absl::StatusOr<HttpResponse>> bad = {
      absl::UnavailableError("refused"),
      absl::DeadlineExceededError("slow"),
      absl::AbortedError("reset"),
      HttpResponse{500, {}, "x"},
      HttpResponse{502, {}, "<html>Bad Gateway</html>"},
      HttpResponse{503, {}, R"({"message":"no leader"})"},
      HttpResponse{404, {}, "<html>nginx</html>"},
      HttpResponse{200, {}, "<html>login</html>"},
      HttpResponse{200, {}, R"({"apps":[{)"},
      HttpResponse{204, {}, ""},
      HttpResponse{302, {{"location", "http:///"}}, ""}};
  for (const auto& answer : bad) {
    World world([&](const FakeHttpClient::Call& call) {
      return IsFirst(call) ? answer : HttpResponse{200, {}, kApps};
    });
    ASSERT_TRUE(world.client->ListApps(Soon()).ok());
    ASSERT_TRUE(world.client->ListApps(Soon()).ok());
    EXPECT_THAT(world.asked(),
                ElementsAre("http://m1/v2/apps?embed=apps.tasks",
                            "http://m2/marathon/v2/apps?embed=apps.tasks",
                            "http://m2/marathon/v2/apps?embed=apps.tasks"));
  }
}

TEST(MarathonClient, WhatMarathonDecidedIsFinal) {
  const std::vector<std::pair<int, absl::StatusCode>> cases = {
      {401, absl::StatusCode::kUnauthenticated},
      {403, absl::StatusCode::kPermissionDenied}};
  for (const auto& [status, code] : cases) {
    World world([status = status](const auto&) {
      return HttpResponse{status, {}, "<html>no</html>"};
    });
    EXPECT_EQ(world.client->ListApps(Soon()).status().code(), code);
    EXPECT_EQ(world.asked().size(), 1u);
  }
}

TEST(MarathonClient, ASlowUrlLeavesTimeForTheOthers) {
  std::vector<absl::Time> deadlines;
  World world(
      [&](const FakeHttpClient::Call& call) -> absl::StatusOr<HttpResponse> {
        deadlines.push_back(call.limits.deadline);
        return absl::DeadlineExceededError("slow");
      });
  const CallLimits limits = Soon();
  EXPECT_FALSE(world.client->ListApps(limits).ok());
  ASSERT_EQ(deadlines.size(), 2u);
  EXPECT_LE(deadlines[0], limits.deadline - absl::Seconds(4));
  EXPECT_LE(deadlines[1], limits.deadline);
}

TEST(MarathonClient, TheErrorNamesEachUrlAndWhatItSaid) {
  World world(
      [](const FakeHttpClient::Call& call) -> absl::StatusOr<HttpResponse> {
        if (IsFirst(call)) return absl::UnavailableError("refused");
        return HttpResponse{503, {}, "<html>Overload</html>"};
      });
  const absl::Status status = world.client->ListApps(Soon()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(),
              AllOf(HasSubstr("http://m1: refused"),
                    HasSubstr("http://m2/marathon: HTTP 503: Overload")));
}

TEST(MarathonClient, AnAppThatMarathonDoesNotKnowIsNotFound) {
  World world([](const auto&) {
    return HttpResponse{404, {}, R"({"message":"App '/a b' does not exist"})"};
  });
  EXPECT_EQ(world.client->GetApp("/a b", Soon()).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(world.asked(),
              ElementsAre("http://m1/v2/apps/a%20b?embed=app.tasks"));
}

TEST(MarathonClient, CredentialsDoNotFollowAForeignRedirect) {
  World world(
      [](const FakeHttpClient::Call& call) {
        if (IsFirst(call)) {
          return HttpResponse{302, {{"location", "http://evil/v2/apps"}}, ""};
        }
        return HttpResponse{200, {}, kApps};
      },
      {"", "", "secret"});
  ASSERT_TRUE(world.client->ListApps(Soon()).ok());
  EXPECT_EQ(HeaderOf(world.http->requests().at(0), "Authorization"),
            "token=secret");
  EXPECT_EQ(HeaderOf(world.http->requests().at(1), "Authorization"), "");
}

TEST(MarathonClient, ARedirectLoopEnds) {
  World world([](const FakeHttpClient::Call& call) {
    return HttpResponse{302, {{"location", call.request.url}}, ""};
  });
  EXPECT_THAT(world.client->ListApps(Soon()).status().message(),
              HasSubstr("redirected more than"));
}

// What ReadEvents of a standby does with its Location.
std::string AuthorizationAfter(int status, const std::string& location) {
  World world(
      [&](const FakeHttpClient::Call& call) -> absl::StatusOr<HttpResponse> {
        if (IsFirst(call)) {
          return HttpResponse{status, {{"location", location}}, ""};
        }
        return absl::UnavailableError("enough");
      },
      {"", "", "secret"});
  EXPECT_FALSE(world.client
                   ->ReadEvents(
                       {}, [] {}, [](const SseEvent&) {})
                   .ok());
  EXPECT_EQ(world.http->requests().size(), 2u);
  EXPECT_EQ(HeaderOf(world.http->requests().at(1), "Accept"),
            "text/event-stream");
  return HeaderOf(world.http->requests().at(1), "Authorization");
}

TEST(MarathonClient, CredentialsFollowMarathonsOwnRedirectOfEvents) {
  EXPECT_EQ(AuthorizationAfter(302, "http://leader:8080/v2/events"),
            "token=secret");
  EXPECT_EQ(AuthorizationAfter(302, "http://leader:8080/login"), "");
  EXPECT_EQ(AuthorizationAfter(301, "http://leader:8080/v2/events"), "");
}

TEST(MarathonClient, EventsArriveAndTheEndOfTheStreamIsAnError) {
  World world(
      [](const FakeHttpClient::Call& call) -> absl::StatusOr<HttpResponse> {
        for (const char* piece : {"\r\n", "event: x\r\nda", "ta: 1\r\n\r\n"}) {
          if (absl::Status s = call.sink(piece); !s.ok()) return s;
        }
        return HttpResponse{200, {}, ""};
      });
  int opened = 0;
  std::vector<SseEvent> events;
  const absl::Status status = world.client->ReadEvents(
      {}, [&] { ++opened; },
      [&](const SseEvent& event) { events.push_back(event); });
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(opened, 1);
  EXPECT_THAT(events, ElementsAre(SseEvent{"x", "1", ""}));
}

TEST(MarathonClient, EventsThatAreRefusedAreAskedForElsewhereNextTime) {
  World world([](const auto&) { return HttpResponse{405, {}, ""}; });
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(world.client
                     ->ReadEvents(
                         {}, [] { ADD_FAILURE(); }, [](const auto&) {})
                     .ok());
  }
  EXPECT_THAT(world.asked(), ElementsAre("http://m1/v2/events",
                                         "http://m2/marathon/v2/events"));
}

TEST(MarathonClient, ADeletionPostsIdsAndFlags) {
  World world([](const auto&) {
    return HttpResponse{200, {}, R"({"tasks":[{"id":"a.1"}]})"};
  });
  const auto answer =
      world.client->DeleteTasks({{"a.1", "a.\xff"}, false, true, true}, Soon());
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(*answer->task_ids, ElementsAre("a.1"));
  const HttpRequest request = world.http->requests().at(0);
  EXPECT_EQ(request.method, HttpMethod::kPost);
  EXPECT_EQ(request.url,
            "http://m1/v2/tasks/delete?scale=false&force=true&wipe=true");
  EXPECT_THAT(request.body, HasSubstr(R"({"ids":["a.1",)"));
  EXPECT_EQ(HeaderOf(request, "Content-Type"), "application/json");
}

TEST(MarathonClient, ADeletionIsRepeatedOnlyWhereItWasSurelyNotTaken) {
  struct Case {
    absl::StatusOr<HttpResponse> answer;
    absl::StatusCode code;
    size_t asked;
  };
  const std::vector<Case> cases = {
      {absl::UnavailableError("refused"), absl::StatusCode::kUnavailable, 2},
      {HttpResponse{503, {}, ""}, absl::StatusCode::kUnavailable, 2},
      {absl::AbortedError("reset"), absl::StatusCode::kUnknown, 1},
      {absl::DeadlineExceededError("slow"), absl::StatusCode::kUnknown, 1},
      {absl::ResourceExhaustedError("big"), absl::StatusCode::kUnknown, 1},
      {HttpResponse{500, {}, ""}, absl::StatusCode::kUnknown, 1},
      {HttpResponse{502, {}, ""}, absl::StatusCode::kUnknown, 1},
      {HttpResponse{200, {}, "<html>"}, absl::StatusCode::kUnknown, 1},
      {HttpResponse{302, {{"location", "http://x/"}}, ""},
       absl::StatusCode::kUnavailable, 1},
      {HttpResponse{400, {}, ""}, absl::StatusCode::kInvalidArgument, 1},
      {HttpResponse{401, {}, ""}, absl::StatusCode::kUnauthenticated, 1},
      {HttpResponse{
           409, {}, R"({"message":"locked","deployments":[{"id":"d1"}]})"},
       absl::StatusCode::kFailedPrecondition, 1}};
  for (const Case& c : cases) {
    World world([&](const auto&) { return c.answer; });
    const absl::Status status =
        world.client->DeleteTasks({{"a.1"}}, Soon()).status();
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_EQ(world.asked().size(), c.asked) << status;
    if (c.code == absl::StatusCode::kFailedPrecondition) {
      EXPECT_THAT(status.message(), HasSubstr("d1"));
    }
  }
}

TEST(MarathonClient, NeedsBaseUrls) {
  EXPECT_FALSE(MarathonClient::Create({}, {}, nullptr).ok());
  EXPECT_FALSE(MarathonClient::Create({"m1:8080"}, {}, nullptr).ok());
}

}  // namespace
}  // namespace sunder::controller
