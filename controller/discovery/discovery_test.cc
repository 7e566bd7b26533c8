#include "controller/discovery/discovery.h"

#include <cstdio>
#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "common/error_detail.h"
#include "controller/discovery/fake_http_client.h"
#include "controller/discovery/stoppable_wait.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::HasSubstr;

constexpr char kHosts[] =
    "hosts:\n- {name: n1, addresses: [10.0.0.1], mesos_agent_id: S1}\n";

std::string Apps(const std::string& tasks) {
  return absl::StrCat(R"({"apps":[{"id":"/a","tasks":[)", tasks, "]}]}");
}
std::string OneTask(const std::string& id) {
  return absl::StrCat(R"({"id":")", id, R"(","slaveId":"S1","host":"n1"})");
}

absl::Time Later() { return absl::Now() + absl::Seconds(20); }

// A Marathon whose answers the test changes, and whose event stream it feeds.
class FakeMarathon {
 public:
  void SetList(absl::StatusOr<HttpResponse> list) {
    absl::MutexLock lock(&mutex_);
    list_ = std::move(list);
  }
  void SetApps(const std::string& tasks) {
    SetList(HttpResponse{200, {}, Apps(tasks)});
  }
  void SendEvent(const std::string& text) { events_.Say(text); }
  void Hang() {
    absl::MutexLock lock(&mutex_);
    hangs_ = true;
  }
  int lists() const {
    absl::MutexLock lock(&mutex_);
    return lists_;
  }

  std::shared_ptr<HttpClient> Client() {
    return std::make_shared<FakeHttpClient>(
        [this](const FakeHttpClient::Call& call) {
          return call.sink ? events_.Answer(call) : List(call);
        });
  }

 private:
  absl::StatusOr<HttpResponse> List(const FakeHttpClient::Call& call) {
    absl::MutexLock lock(&mutex_);
    ++lists_;
    if (!hangs_) return list_;
    mutex_.Unlock();
    WaitOrStop(call.stop, absl::Seconds(20));
    mutex_.Lock();
    return absl::CancelledError("stopped");
  }

  FakeStream events_;
  mutable absl::Mutex mutex_;
  absl::StatusOr<HttpResponse> list_ ABSL_GUARDED_BY(mutex_) = HttpResponse{
      200, {}, Apps("")};
  bool hangs_ ABSL_GUARDED_BY(mutex_) = false;
  int lists_ ABSL_GUARDED_BY(mutex_) = 0;
};

class DiscoveryTest : public ::testing::Test {
 protected:
  DiscoveryTest() { Write(kHosts); }
  ~DiscoveryTest() override { std::remove(path_.c_str()); }

  void Write(const std::string& text) { std::ofstream(path_) << text; }

  DiscoveryOptions Options() const {
    DiscoveryOptions options;
    options.inventory_path = path_;
    options.marathon_urls = {"http://m1"};
    options.poll_interval = absl::Hours(1);
    options.gather = absl::Milliseconds(1);
    return options;
  }
  std::unique_ptr<Discovery> Make(const DiscoveryOptions& options) {
    auto discovery = Discovery::Create(options, marathon_.Client());
    EXPECT_TRUE(discovery.ok()) << discovery.status();
    return *std::move(discovery);
  }

  FakeMarathon marathon_;
  const std::string path_ = absl::StrCat(
      ::testing::TempDir(), "/inventory_",
      ::testing::UnitTest::GetInstance()->current_test_info()->name(), ".yaml");
};

TEST_F(DiscoveryTest, JoinsBothSources) {
  marathon_.SetApps(OneTask("a.1"));
  const auto discovery = Make(Options());
  EXPECT_EQ(discovery->Snapshot().hosts_size(), 1);
  EXPECT_EQ(discovery->Snapshot().tasks_size(), 0);
  EXPECT_FALSE(discovery->Snapshot().sources(1).healthy());
  discovery->Start();
  ASSERT_TRUE(discovery->Refresh(Later()).ok());
  const auto topology = discovery->Snapshot();
  ASSERT_EQ(topology.tasks_size(), 1);
  EXPECT_EQ(topology.tasks(0).host(), "n1");
  ASSERT_EQ(topology.sources_size(), 2);
  for (const auto& source : topology.sources()) {
    EXPECT_TRUE(source.healthy()) << source.error();
    EXPECT_GT(source.as_of().seconds(), 0);
  }
}

TEST_F(DiscoveryTest, ABrokenInventoryIsAnErrorAtTheStart) {
  Write("hosts: 7");
  EXPECT_THAT(Discovery::Create(Options()).status().message(),
              HasSubstr(path_ + ":1: "));
  auto options = Options();
  options.inventory_path = "/nowhere";
  EXPECT_EQ(Discovery::Create(options).status().code(),
            absl::StatusCode::kNotFound);
  options = Options();
  options.marathon_urls = {"m1"};
  EXPECT_FALSE(Discovery::Create(options).ok());
}

TEST_F(DiscoveryTest, AMarathonThatFailsKeepsItsLastGoodContent) {
  marathon_.SetApps(OneTask("a.1"));
  const auto discovery = Make(Options());
  discovery->Start();
  ASSERT_TRUE(discovery->Refresh(Later()).ok());
  const auto as_of = discovery->Snapshot().sources(1).as_of();
  const std::vector<absl::StatusOr<HttpResponse>> failures = {
      absl::UnavailableError("refused"),
      HttpResponse{503, {}, "<html>x</html>"},
      HttpResponse{200, {}, "<html>login</html>"},
      HttpResponse{200, {}, R"({"apps":[{"id")"}, HttpResponse{200, {}, "{}"}};
  for (const auto& failure : failures) {
    marathon_.SetList(failure);
    EXPECT_FALSE(discovery->Refresh(Later()).ok());
    const auto topology = discovery->Snapshot();
    EXPECT_EQ(topology.tasks_size(), 1);
    EXPECT_FALSE(topology.sources(1).healthy());
    EXPECT_THAT(topology.sources(1).error(), HasSubstr("http://m1: "));
    EXPECT_EQ(topology.sources(1).as_of().seconds(), as_of.seconds());
    EXPECT_EQ(topology.sources(1).as_of().nanos(), as_of.nanos());
  }
  marathon_.SetApps("");
  EXPECT_TRUE(discovery->Refresh(Later()).ok());
  EXPECT_EQ(discovery->Snapshot().tasks_size(), 0);
  EXPECT_TRUE(discovery->Snapshot().sources(1).healthy());
}

TEST_F(DiscoveryTest, AnInventoryThatBreaksLaterKeepsItsLastGoodContent) {
  const auto discovery = Make(Options());
  discovery->Start();
  Write("hosts: [");
  EXPECT_FALSE(discovery->Refresh(Later()).ok());
  EXPECT_EQ(discovery->Snapshot().hosts_size(), 1);
  EXPECT_FALSE(discovery->Snapshot().sources(0).healthy());
  Write(absl::StrCat(kHosts, "- {name: n2}\n"));
  EXPECT_TRUE(discovery->Refresh(Later()).ok());
  EXPECT_EQ(discovery->Snapshot().hosts_size(), 2);
}

TEST_F(DiscoveryTest, ListenersHearOfChangesAlone) {
  const auto discovery = Make(Options());
  absl::Mutex mutex;
  std::vector<int> sizes;
  auto subscription =
      discovery->OnChange([&](const sunder::v1::Topology& topology) {
        absl::MutexLock lock(&mutex);
        sizes.push_back(topology.tasks_size());
      });
  discovery->Start();
  for (const char* id : {"a.1", "a.1", "a.2"}) {
    marathon_.SetApps(OneTask(id));
    ASSERT_TRUE(discovery->Refresh(Later()).ok());
  }
  size_t heard = 0;
  {
    absl::MutexLock lock(&mutex);
    heard = sizes.size();
    // Perhaps Marathon was read once before it had a task.
    EXPECT_GE(heard, 2u);
    EXPECT_LE(heard, 3u);
    EXPECT_EQ(sizes.back(), 1);
  }
  subscription.Reset();
  marathon_.SetApps("");
  ASSERT_TRUE(discovery->Refresh(Later()).ok());
  absl::MutexLock lock(&mutex);
  EXPECT_EQ(sizes.size(), heard);
}

TEST_F(DiscoveryTest, AnEventMakesItLookAgain) {
  const auto discovery = Make(Options());
  absl::Notification seen;
  absl::Notification event_seen;
  const auto changes =
      discovery->OnChange([&](const sunder::v1::Topology& topology) {
        if (topology.tasks_size() == 1 && !seen.HasBeenNotified()) {
          seen.Notify();
        }
      });
  const auto events = discovery->OnTaskEvent([&](const TaskEvent& event) {
    EXPECT_EQ(event.task_id, "a.1");
    event_seen.Notify();
  });
  discovery->Start();
  ASSERT_TRUE(discovery->Refresh(Later()).ok());
  marathon_.SetApps(OneTask("a.1"));
  marathon_.SendEvent(
      "event: status_update_event\r\ndata: {\"taskId\":\"a.1\"}\r\n\r\n");
  EXPECT_TRUE(seen.WaitForNotificationWithTimeout(absl::Seconds(20)));
  EXPECT_TRUE(event_seen.WaitForNotificationWithTimeout(absl::Seconds(20)));
}

TEST_F(DiscoveryTest, ItPollsWhereThereAreNoEvents) {
  auto options = Options();
  options.follow_events = false;
  options.poll_interval = absl::Milliseconds(5);
  const auto discovery = Make(options);
  absl::Notification seen;
  const auto changes =
      discovery->OnChange([&](const sunder::v1::Topology& topology) {
        if (topology.tasks_size() == 1 && !seen.HasBeenNotified()) {
          seen.Notify();
        }
      });
  discovery->Start();
  ASSERT_TRUE(discovery->Refresh(Later()).ok());
  marathon_.SetApps(OneTask("a.1"));
  EXPECT_TRUE(seen.WaitForNotificationWithTimeout(absl::Seconds(20)));
}

TEST_F(DiscoveryTest, RefreshKeepsItsDeadlineAndStopEndsWhatHangs) {
  marathon_.Hang();
  const auto discovery = Make(Options());
  EXPECT_EQ(discovery->Refresh(Later()).code(),
            absl::StatusCode::kFailedPrecondition);
  discovery->Start();
  const absl::Status late =
      discovery->Refresh(absl::Now() + absl::Milliseconds(50));
  EXPECT_EQ(late.code(), absl::StatusCode::kDeadlineExceeded);
  ASSERT_TRUE(GetErrorDetail(late).has_value()) << late;
  EXPECT_EQ(GetErrorDetail(late)->reason(), "SOURCES_LATE");
  EXPECT_EQ(GetErrorDetail(late)->subject(), "marathon http://m1");
  const absl::Time start = absl::Now();
  discovery->Stop();
  EXPECT_LT(absl::Now() - start, absl::Seconds(10));
  EXPECT_EQ(discovery->Refresh(Later()).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(discovery->Snapshot().hosts_size(), 1);
}

TEST_F(DiscoveryTest, ManyRefreshesAtOnceShareTheirReading) {
  const auto discovery = Make(Options());
  discovery->Start();
  {
    std::vector<std::jthread> threads;
    threads.reserve(8);
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        for (int k = 0; k < 20; ++k) {
          EXPECT_TRUE(discovery->Refresh(Later()).ok());
          discovery->Snapshot();
        }
      });
    }
  }
  EXPECT_LE(marathon_.lists(), 161);
}

TEST_F(DiscoveryTest, TheInventoryAloneIsEnough) {
  auto options = Options();
  options.marathon_urls.clear();
  const auto discovery = Make(options);
  EXPECT_EQ(discovery->marathon(), nullptr);
  discovery->Start();
  EXPECT_TRUE(discovery->Refresh(Later()).ok());
  EXPECT_EQ(discovery->Snapshot().sources_size(), 1);
}

}  // namespace
}  // namespace sunder::controller
