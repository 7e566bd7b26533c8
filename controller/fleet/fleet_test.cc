#include "controller/fleet/fleet.h"

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "controller/fleet/fake_agent.h"
#include "controller/store/temp_dir.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using agent::v1::DescribeRequest;
using agent::v1::DescribeResponse;
using ::testing::HasSubstr;

struct Reply {
  CallId id = 0;
  absl::StatusOr<Response> response;
  BootInstant sent, received;
};

// The loop runs in a thread of its own, as it does in the program. What the
// listener hears is read in that thread too.
class FleetTest : public testing::Test, public FleetListener {
 protected:
  FleetTest() { targets_["n1"] = agent_.target(); }
  ~FleetTest() override {
    InLoop([this] { fleet_.reset(); });
    loop_->Stop();
    thread_.join();
  }

  void OnReply(CallId id, const absl::StatusOr<Response>& reply,
               BootInstant sent, BootInstant received) override {
    replies_.push_back({id, reply, sent, received});
  }
  void OnReport(const std::string& host,
                const agent::v1::WatchResponse& report) override {
    reports_.push_back(host + " " + report.held().fault_id() + " " +
                       agent::v1::State_Name(report.held().state()));
  }
  void OnUnreachable(const std::string& host,
                     const absl::Status& why) override {
    unreachable_.push_back(host + ": " + why.ToString());
  }

  template <typename Do>
  void InLoop(Do&& body) {
    absl::Notification done;
    loop_->Post([&] {
      body();
      done.Notify();
    });
    done.WaitForNotification();
  }
  // Whether `done` comes true within 10 s.
  bool Until(const std::function<bool()>& done) {
    const BootInstant give_up = BootNow() + absl::Seconds(10);
    bool is_done = false;
    while (!is_done && BootNow() < give_up) {
      InLoop([&] { is_done = done(); });
      if (!is_done) absl::SleepFor(absl::Milliseconds(2));  // bounded wait
    }
    return is_done;
  }
  void SetTargets(const std::map<std::string, std::string>& targets) {
    InLoop([&] { fleet_->SetTargets(targets); });
  }
  void Send(const Call& call) {
    InLoop([&] { fleet_->Send(call); });
  }
  Call Describe(CallId id, absl::Duration timeout = absl::Seconds(5),
                const std::string& host = "n1") {
    return {id, host, DescribeRequest(), BootNow() + timeout};
  }
  Reply Ask(CallId id) {
    Send(Describe(id));
    EXPECT_TRUE(Until([&] { return !replies_.empty(); }));
    Reply reply;
    InLoop([&] {
      reply = replies_.back();
      replies_.clear();
    });
    return reply;
  }

  TempDir dir_;
  FakeAgent agent_{"n1", dir_.path() + "/n1.sock"};
  std::unique_ptr<EventLoop> loop_ = *EventLoop::Create();
  std::unique_ptr<Fleet> fleet_ =
      std::make_unique<Fleet>(*loop_, *this, TlsFiles());
  std::thread thread_{[this] { EXPECT_TRUE(loop_->Run().ok()); }};
  std::map<std::string, std::string> targets_;
  std::vector<Reply> replies_;
  std::vector<std::string> reports_, unreachable_;
};

TEST_F(FleetTest, BringsTheAnswerWithTheInstantsAroundIt) {
  SetTargets(targets_);
  const Reply reply = Ask(7);
  EXPECT_EQ(reply.id, 7u);
  ASSERT_TRUE(reply.response.ok()) << reply.response.status();
  const auto& response = std::get<DescribeResponse>(*reply.response);
  EXPECT_EQ(response.name(), "n1");
  EXPECT_LE(reply.sent.nanos(), response.stamp().now_ns());
  EXPECT_GE(reply.received.nanos(), response.stamp().now_ns());
}

TEST_F(FleetTest, AnswersOnlyAfterSendReturned) {
  SetTargets({});
  InLoop([&] {
    fleet_->Send(Describe(1));
    EXPECT_TRUE(replies_.empty());
  });
  ASSERT_TRUE(Until([&] { return !replies_.empty(); }));
  EXPECT_TRUE(absl::IsUnavailable(replies_[0].response.status()));
  EXPECT_THAT(std::string(replies_[0].response.status().message()),
              HasSubstr("n1"));
}

TEST_F(FleetTest, FailsSoonWhereNobodyListens) {
  agent_.Die();
  SetTargets(targets_);
  const Reply reply = Ask(1);
  EXPECT_TRUE(absl::IsUnavailable(reply.response.status()))
      << reply.response.status();
}

TEST_F(FleetTest, KeepsTheDeadlineOfASilentAgentAndHearsTheOthers) {
  FakeAgent other("n2", dir_.path() + "/n2.sock");
  targets_["n2"] = other.target();
  SetTargets(targets_);
  agent_.BeSilent(true);
  Send(Describe(1, absl::Milliseconds(300)));
  Send(Describe(2, absl::Seconds(5), "n2"));
  ASSERT_TRUE(Until([&] { return replies_.size() == 2; }));
  EXPECT_EQ(replies_[0].id, 2u);
  EXPECT_TRUE(replies_[0].response.ok());
  EXPECT_EQ(replies_[1].response.status().code(),
            absl::StatusCode::kDeadlineExceeded);
  EXPECT_GE(replies_[1].received - replies_[1].sent, absl::Milliseconds(290));
}

TEST_F(FleetTest, ADeadlineThatIsPastFailsTheCallOnly) {
  SetTargets(targets_);
  Send(Describe(1, -absl::Seconds(1)));
  ASSERT_TRUE(Until([&] { return !replies_.empty(); }));
  EXPECT_FALSE(replies_[0].response.ok());
  replies_.clear();
  EXPECT_TRUE(Ask(2).response.ok());
}

TEST_F(FleetTest, CarriesErrorsWithTheirDetails) {
  SetTargets(targets_);
  agent_.RefuseStage(absl::ResourceExhaustedError("64 faults"));
  Send({3, "n1", agent::v1::StageRequest(), BootNow() + absl::Seconds(5)});
  ASSERT_TRUE(Until([&] { return !replies_.empty(); }));
  const absl::Status status = replies_[0].response.status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(status.GetPayload("type.googleapis.com/sunder.agent.v1.Stamp")
                  .has_value());
}

TEST_F(FleetTest, ReportsWhatChangesAtAnAgentThatAnswered) {
  SetTargets(targets_);
  ASSERT_TRUE(Ask(1).response.ok());
  agent::v1::StageRequest stage;
  stage.set_fault_id("f");
  Send({2, "n1", stage, BootNow() + absl::Seconds(5)});
  ASSERT_TRUE(Until([&] { return !reports_.empty(); }));
  EXPECT_EQ(reports_[0], "n1 f STATE_STAGED");
}

TEST_F(FleetTest, SaysWhenTheStreamBreaksAndBeginsANewOneLater) {
  SetTargets(targets_);
  ASSERT_TRUE(Ask(1).response.ok());
  ASSERT_TRUE(Until([&] { return agent_.watchers() == 1; }));
  agent_.EndWatches();
  ASSERT_TRUE(Until([&] { return unreachable_.size() == 1; }));
  EXPECT_TRUE(Until([&] {
    fleet_->Send(Describe(2));
    return agent_.watchers() == 1;
  }));
}

TEST_F(FleetTest, FindsAnAgentThatComesBackWithinASecondAndAHalf) {
  SetTargets(targets_);
  ASSERT_TRUE(Ask(1).response.ok());
  agent_.Die();
  ASSERT_FALSE(Ask(2).response.ok());
  agent_.Start();
  const BootInstant back = BootNow();
  while (!Ask(3).response.ok() && BootNow() - back < absl::Seconds(10)) {
  }
  EXPECT_LT(BootNow() - back, absl::Milliseconds(1500));
}

TEST_F(FleetTest, FollowsATargetThatMoves) {
  FakeAgent moved("moved", dir_.path() + "/moved.sock");
  SetTargets(targets_);
  ASSERT_TRUE(Ask(1).response.ok());
  ASSERT_TRUE(Until([&] { return agent_.watchers() == 1; }));
  SetTargets({{"n1", moved.target()}});
  EXPECT_EQ(std::get<DescribeResponse>(*Ask(2).response).name(), "moved");
  EXPECT_TRUE(Until([&] { return agent_.watchers() == 0; }));
}

TEST_F(FleetTest, ANetworkTargetWithoutTlsIsRefusedWithWords) {
  SetTargets({{"n1", "127.0.0.1:1"}});
  const Reply reply = Ask(1);
  EXPECT_TRUE(absl::IsFailedPrecondition(reply.response.status()));
  EXPECT_THAT(std::string(reply.response.status().message()), HasSubstr("TLS"));
}

TEST_F(FleetTest, ItsEndCancelsWhatIsUnderWayAndNobodyIsCalledAnyMore) {
  SetTargets(targets_);
  ASSERT_TRUE(Ask(1).response.ok());
  agent_.BeSilent(true);
  const BootInstant began = BootNow();
  for (CallId id = 2; id < 50; ++id) {
    Send(Describe(id, absl::Seconds(30)));
  }
  InLoop([&] { fleet_.reset(); });
  EXPECT_LT(BootNow() - began, absl::Seconds(10));
  InLoop([&] {
    EXPECT_TRUE(replies_.empty());
    EXPECT_TRUE(unreachable_.empty());
  });
}

}  // namespace
}  // namespace sunder::controller
