#include "controller/kills/killer.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/error_detail.h"
#include "controller/discovery/fake_http_client.h"
#include "controller/discovery/stoppable_wait.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using controller::v1::KillTasksRequest;
using controller::v1::KillTasksResponse;

std::string TaskJson(const std::string& id, int port) {
  return absl::StrCat(R"({"id":")", id,
                      R"(","host":"n1","state":"TASK_RUNNING","ports":[)", port,
                      "]}");
}

// A Marathon with app /a of three tasks and app /agent on the agent's port. The
// test says what its deletion answers and when tasks vanish.
class KillerTest : public ::testing::Test {
 protected:
  using Answer = absl::StatusOr<HttpResponse>;

  void SetUp() override {
    std::ofstream(path_) << "hosts:\n- {name: n1, agent: 'n1:7440'}\n"
                            "tasks:\n- {id: own.1, app: /own, host: n1, "
                            "endpoints: [{port: 1}]}\n";
    http_ = std::make_shared<FakeHttpClient>(
        [this](const FakeHttpClient::Call& call) { return Serve(call); });
    DiscoveryOptions options;
    options.inventory_path = path_;
    options.marathon_urls = {"http://m1"};
    options.poll_interval = absl::Hours(1);
    auto discovery = Discovery::Create(options, http_);
    ASSERT_TRUE(discovery.ok()) << discovery.status();
    discovery_ = *std::move(discovery);
    discovery_->Start();
    ASSERT_TRUE(discovery_->Refresh(absl::Now() + absl::Seconds(20)).ok());
  }
  void TearDown() override {
    discovery_.reset();
    std::remove(path_.c_str());
  }

  Answer Serve(const FakeHttpClient::Call& call) {
    if (call.sink) return events_.Answer(call);
    absl::MutexLock lock(&mutex_);
    if (call.request.method == HttpMethod::kPost) {
      deletions_.push_back(call.request);
      after_deletion_();
      return deletion_;
    }
    if (absl::StrContains(call.request.url, "/v2/apps/a?")) return app_;
    return HttpResponse{
        200,
        {},
        absl::StrCat(R"({"apps":[{"id":"/a","tasks":[)", TaskJson("a.1", 31001),
                     ",", TaskJson("a.2", 31002), ",", TaskJson("a.3", 31003),
                     R"(]},{"id":"/agent","tasks":[)",
                     TaskJson("agent.1", 7440), "]}]}")};
  }

  static HttpResponse Listing(const std::vector<std::string>& ids) {
    std::string tasks;
    for (const std::string& id : ids) {
      absl::StrAppend(&tasks, tasks.empty() ? "" : ",", TaskJson(id, 31001));
    }
    return {
        200, {}, absl::StrCat(R"({"app":{"id":"/a","tasks":[)", tasks, "]}}")};
  }
  static HttpResponse Named(const std::vector<std::string>& ids) {
    std::string tasks;
    for (const std::string& id : ids) {
      absl::StrAppend(&tasks, tasks.empty() ? "" : ",", TaskJson(id, 31001));
    }
    return {200, {}, absl::StrCat(R"({"tasks":[)", tasks, "]}")};
  }

  static KillTasksRequest Request(const std::string& selector) {
    KillTasksRequest request;
    request.set_selector(selector);
    request.mutable_wait()->set_seconds(20);
    return request;
  }

  absl::StatusOr<KillTasksResponse> Kill(const KillTasksRequest& request,
                                         const std::stop_token& stop = {}) {
    KillerOptions options;
    options.recheck = absl::Milliseconds(5);
    return Killer(*discovery_, options).Kill(request, stop);
  }

  static std::vector<std::string> Outcomes(const KillTasksResponse& response) {
    std::vector<std::string> result;
    for (const auto& task : response.tasks()) {
      result.push_back(
          task.id() + " " +
          controller::v1::KillOutcome_Name(task.outcome()).substr(13));
    }
    return result;
  }

  const std::string path_ = absl::StrCat(
      ::testing::TempDir(), "/kill_",
      ::testing::UnitTest::GetInstance()->current_test_info()->name(), ".yaml");
  FakeStream events_;
  absl::Mutex mutex_;
  Answer deletion_ ABSL_GUARDED_BY(mutex_) = Named({"a.1"});
  Answer app_ ABSL_GUARDED_BY(mutex_) = Listing({"a.2", "a.3"});
  std::function<void()> after_deletion_ ABSL_GUARDED_BY(mutex_) = [] {};
  std::vector<HttpRequest> deletions_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<FakeHttpClient> http_;
  std::unique_ptr<Discovery> discovery_;
};

TEST_F(KillerTest, ANamedTaskIsConfirmedByTheListing) {
  const auto response = Kill(Request("task:a.1"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(Outcomes(*response), ElementsAre("a.1 CONFIRMED"));
  EXPECT_EQ(response->tasks(0).host(), "n1");
  absl::MutexLock lock(&mutex_);
  ASSERT_EQ(deletions_.size(), 1u);
  EXPECT_EQ(deletions_[0].body, R"({"ids":["a.1"]})");
}

TEST_F(KillerTest, AnEventConfirmsWhileTheListingLags) {
  {
    absl::MutexLock lock(&mutex_);
    app_ = Listing({"a.1", "a.2", "a.3"});
    after_deletion_ = [this] {
      events_.Say(
          "event: status_update_event\n"
          "data: {\"taskId\":\"a.1\",\"taskStatus\":\"TASK_KILLED\"}"
          "\n\n");
    };
  }
  const auto response = Kill(Request("task:a.1"));
  ASSERT_TRUE(response.ok());
  EXPECT_THAT(Outcomes(*response), ElementsAre("a.1 CONFIRMED"));
  EXPECT_THAT(response->tasks(0).reason(), HasSubstr("TASK_KILLED"));
}

TEST_F(KillerTest, WithoutConfirmationItStaysRequested) {
  {
    absl::MutexLock lock(&mutex_);
    app_ = Listing({"a.1"});
  }
  auto request = Request("task:a.1");
  request.mutable_wait()->set_seconds(0);
  request.mutable_wait()->set_nanos(50'000'000);
  const auto response = Kill(request);
  ASSERT_TRUE(response.ok());
  EXPECT_THAT(Outcomes(*response), ElementsAre("a.1 REQUESTED"));
}

TEST_F(KillerTest, AMarathonThatDiesAfterTheRequestConfirmsNothing) {
  for (const Answer& answer :
       {Answer(absl::UnavailableError("refused")),
        Answer(HttpResponse{404, {}, "<html>nginx</html>"}),
        Answer(HttpResponse{200, {}, "<html>"}),
        Answer(HttpResponse{200, {}, R"({"app":{"id":"/a","tasks":[7]}})"})}) {
    {
      absl::MutexLock lock(&mutex_);
      app_ = answer;
    }
    auto request = Request("task:a.1");
    request.mutable_wait()->set_seconds(0);
    request.mutable_wait()->set_nanos(30'000'000);
    const auto response = Kill(request);
    ASSERT_TRUE(response.ok());
    EXPECT_THAT(Outcomes(*response), ElementsAre("a.1 REQUESTED"));
  }
}

TEST_F(KillerTest, AnAppThatIsGoneTookItsTasksAlong) {
  {
    absl::MutexLock lock(&mutex_);
    app_ = HttpResponse{404, {}, R"({"message":"App '/a' does not exist"})"};
  }
  const auto response = Kill(Request("task:a.1"));
  ASSERT_TRUE(response.ok());
  EXPECT_THAT(Outcomes(*response), ElementsAre("a.1 CONFIRMED"));
}

TEST_F(KillerTest, IdsThatMarathonDropsInSilenceAreIgnoredByName) {
  const auto response = Kill(Request("task:a.1,task:a.2"));
  ASSERT_TRUE(response.ok());
  EXPECT_THAT(Outcomes(*response), ElementsAre("a.1 CONFIRMED", "a.2 IGNORED"));
}

TEST_F(KillerTest, ALostAnswerIsFollowedUp) {
  {
    absl::MutexLock lock(&mutex_);
    deletion_ = absl::AbortedError("reset by peer");
  }
  auto request = Request("task:a.1,task:a.2");
  request.mutable_wait()->set_seconds(0);
  request.mutable_wait()->set_nanos(50'000'000);
  const auto response = Kill(request);
  ASSERT_TRUE(response.ok());
  EXPECT_THAT(Outcomes(*response),
              ElementsAre("a.1 CONFIRMED", "a.2 REQUESTED"));
  EXPECT_THAT(response->tasks(1).reason(), HasSubstr("reset by peer"));
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(deletions_.size(), 1u) << "a deletion is never repeated blindly";
}

TEST_F(KillerTest, AConflictNamesTheDeploymentsAndKillsNothing) {
  {
    absl::MutexLock lock(&mutex_);
    deletion_ = HttpResponse{
        409, {}, R"({"message":"locked","deployments":[{"id":"d-17"}]})"};
  }
  auto request = Request("task:a.1");
  request.set_scale(true);
  const auto response = Kill(request);
  EXPECT_EQ(response.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(response.status().message(), HasSubstr("d-17"));
}

TEST_F(KillerTest, WhatMarathonDoesNotTakeIsAnErrorThatSaysWhatToDo) {
  struct Case {
    Answer answer;
    absl::StatusCode code;
    const char* reason;
    const char* says;
    const char* advice;
  };
  using Code = absl::StatusCode;
  for (const Case& c : std::vector<Case>{
           {absl::UnavailableError("connection refused"), Code::kUnavailable,
            "MARATHON_UNREACHABLE", "connection refused", "--marathon"},
           {HttpResponse{503, {}, R"({"message":"no leader"})"},
            Code::kUnavailable, "MARATHON_UNREACHABLE", "no leader", "leader"},
           {HttpResponse{404, {}, "<html>nginx</html>"}, Code::kUnavailable,
            "MARATHON_UNREACHABLE", "HTTP 404", "--marathon"},
           {HttpResponse{401, {}, R"({"message":"who?"})"},
            Code::kUnauthenticated, "MARATHON_REFUSED", "who?", "credentials"},
           {HttpResponse{403, {}, R"({"message":"not you"})"},
            Code::kPermissionDenied, "MARATHON_REFUSED", "not you",
            "credentials"},
           {HttpResponse{409, {}, R"({"message":"locked"})"},
            Code::kFailedPrecondition, "MARATHON_LOCKED", "locked", "force"},
           {HttpResponse{422, {}, R"({"message":"no such flag"})"},
            Code::kInvalidArgument, "MARATHON_REFUSED", "no such flag",
            "log"}}) {
    {
      absl::MutexLock lock(&mutex_);
      deletion_ = c.answer;
    }
    const absl::Status status = Kill(Request("task:a.1")).status();
    EXPECT_EQ(status.code(), c.code) << status;
    EXPECT_THAT(status.message(), HasSubstr(c.says));
    const auto detail = GetErrorDetail(status);
    ASSERT_TRUE(detail.has_value()) << status;
    EXPECT_EQ(detail->reason(), c.reason) << status;
    EXPECT_EQ(detail->subject(), "http://m1");
    EXPECT_THAT(detail->advice(), HasSubstr("Nothing was killed"));
    EXPECT_THAT(detail->advice(), HasSubstr(c.advice));
  }
}

TEST_F(KillerTest, AServerErrorMayHaveKilled) {
  for (const Answer& answer :
       {Answer(HttpResponse{500, {}, R"({"message":"oops"})"}),
        Answer(HttpResponse{502, {}, "<html>oops</html>"}),
        Answer(absl::DeadlineExceededError("oops")),
        Answer(HttpResponse{200, {}, "oops"})}) {
    {
      absl::MutexLock lock(&mutex_);
      deletion_ = answer;
      app_ = Listing({"a.1"});
    }
    auto request = Request("task:a.1");
    request.mutable_wait()->set_seconds(0);
    request.mutable_wait()->set_nanos(30'000'000);
    const auto response = Kill(request);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_THAT(Outcomes(*response), ElementsAre("a.1 REQUESTED"));
    EXPECT_THAT(response->tasks(0).reason(), HasSubstr("may or may not"));
  }
}

TEST_F(KillerTest, ScaleReportsTheDeployment) {
  {
    absl::MutexLock lock(&mutex_);
    deletion_ = HttpResponse{200, {}, R"({"version":"v","deploymentId":"d"})"};
  }
  auto request = Request("task:a.1");
  request.set_scale(true);
  request.set_force(true);
  const auto response = Kill(request);
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->deployment_id(), "d");
  EXPECT_THAT(Outcomes(*response), ElementsAre("a.1 CONFIRMED"));
  absl::MutexLock lock(&mutex_);
  EXPECT_THAT(deletions_[0].url, HasSubstr("scale=true&force=true&wipe=false"));
}

TEST_F(KillerTest, OurOwnAndTheInventorysTasksAreNeverSent) {
  auto request = Request("app:/agent,app:/own");
  request.set_all(true);
  request.set_seed(1);
  const auto response = Kill(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_THAT(Outcomes(*response),
              ElementsAre("agent.1 REFUSED", "own.1 REFUSED"));
  EXPECT_THAT(response->tasks(0).reason(), HasSubstr("the agent of n1"));
  EXPECT_THAT(response->tasks(1).reason(), HasSubstr("inventory"));
  absl::MutexLock lock(&mutex_);
  EXPECT_THAT(deletions_, IsEmpty());
}

TEST_F(KillerTest, ADryRunSendsNothing) {
  auto request = Request("app:/a");
  request.set_percent(50);
  request.set_seed(9);
  request.set_validate_only(true);
  const auto response = Kill(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->tasks_size(), 2);
  EXPECT_EQ(response->seed(), 9u);
  absl::MutexLock lock(&mutex_);
  EXPECT_THAT(deletions_, IsEmpty());
}

TEST_F(KillerTest, AStopEndsTheWaitWithWhatIsKnown) {
  std::stop_source stop;
  {
    absl::MutexLock lock(&mutex_);
    app_ = Listing({"a.1"});
    after_deletion_ = [&stop] { stop.request_stop(); };
  }
  auto request = Request("task:a.1");
  request.mutable_wait()->set_seconds(3000);
  const auto response = Kill(request, stop.get_token());
  ASSERT_TRUE(response.ok());
  EXPECT_THAT(Outcomes(*response), ElementsAre("a.1 REQUESTED"));
}

TEST_F(KillerTest, TheEdgesOfEachFieldOfARequest) {
  using Code = absl::StatusCode;
  const auto refused = [&](const std::string& reason,
                           const std::string& subject, const auto& spoil,
                           Code code = Code::kInvalidArgument) {
    for (const bool dry_run : {false, true}) {
      auto request = Request("task:a.1");
      request.set_seed(1);
      request.set_validate_only(dry_run);
      spoil(request);
      const absl::Status status = Kill(request).status();
      EXPECT_EQ(status.code(), code) << status;
      const auto detail = GetErrorDetail(status);
      ASSERT_TRUE(detail.has_value()) << status;
      EXPECT_EQ(detail->reason(), reason) << status;
      EXPECT_EQ(detail->subject(), subject) << status;
      EXPECT_NE(detail->advice(), "") << status;
    }
  };
  const auto selects = [](const std::string& selector) {
    return [selector](auto& r) { r.set_selector(selector); };
  };
  refused("BAD_SELECTOR", "", selects(""));
  refused("BAD_SELECTOR", "task:", selects("task:"));
  refused("BAD_SELECTOR", "task:a.1,,task:a.2", selects("task:a.1,,task:a.2"));
  refused("BAD_SELECTOR", "task:a.1\\n", selects("task:a.1\n"));
  refused("NOT_FOUND", "task:nobody", selects("task:nobody"), Code::kNotFound);
  refused("BAD_KILL", "n1", selects("host:n1"));
  refused("BAD_KILL", "10.0.0.0/8", selects("cidr:10.0.0.0/8"));
  refused("BAD_KILL", "app:/a", selects("app:/a"));  // How many?

  refused("BAD_KILL", "count", [](auto& r) { r.set_count(0); });
  refused("BAD_KILL", "percent", [](auto& r) { r.set_percent(0); });
  refused("BAD_KILL", "percent", [](auto& r) { r.set_percent(101); });
  refused("BAD_KILL", "percent", [](auto& r) { r.set_percent(UINT32_MAX); });
  refused("BAD_AMOUNT", "all", [](auto& r) { r.set_all(false); });
  refused(
      "TOO_FEW", "task:a.1", [](auto& r) { r.set_count(UINT32_MAX); },
      Code::kFailedPrecondition);
  refused("BAD_KILL", "seed", [](auto& r) {
    r.set_count(1);
    r.set_seed(0);
  });
  refused("SCALE_WITH_WIPE", "wipe", [](auto& r) {
    r.set_scale(true);
    r.set_wipe(true);
  });

  const auto waits = [](int64_t seconds, int32_t nanos) {
    return [seconds, nanos](auto& r) {
      r.mutable_wait()->set_seconds(seconds);
      r.mutable_wait()->set_nanos(nanos);
    };
  };
  refused("BAD_WAIT", "wait", waits(-1, 0));
  refused("BAD_WAIT", "wait", waits(3600, 1));
  refused("BAD_WAIT", "wait", waits(INT64_MAX, 999'999'999));
  refused("BAD_WAIT", "wait", waits(INT64_MIN, 0));
  refused("BAD_WAIT", "wait", waits(0, -1));
  refused("BAD_WAIT", "wait", waits(1, -1));
  refused("BAD_WAIT", "wait", waits(0, 1'000'000'000));
  refused("BAD_WAIT", "wait", waits(0, INT32_MAX));
  refused("BAD_WAIT", "wait", waits(0, INT32_MIN));

  // It is written into the log.
  refused("BAD_FIELD", "owner",
          [](auto& r) { r.set_owner(std::string(201, 'x')); });
  refused("BAD_FIELD", "owner", [](auto& r) { r.set_owner("me\nkill"); });
  {
    absl::MutexLock lock(&mutex_);
    EXPECT_THAT(deletions_, IsEmpty());
  }
  auto request = Request("task:a.1");
  request.set_owner(std::string(200, 'x'));
  request.mutable_wait()->set_seconds(3600);
  EXPECT_TRUE(Kill(request).ok());
}

TEST(Killer, WithoutMarathonThereIsNothingToKillWith) {
  const auto discovery = Discovery::Create({});
  ASSERT_TRUE(discovery.ok());
  KillTasksRequest request;
  request.set_selector("task:x");
  const auto response = Killer(**discovery, {}).Kill(request);
  EXPECT_EQ(GetErrorDetail(response.status())->reason(), "NO_MARATHON");
}

}  // namespace
}  // namespace sunder::controller
