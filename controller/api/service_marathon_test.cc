// The service where a Marathon is there, is down, or is none
// (service_fixture.h).

#include <string>

#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "common/error_detail.h"
#include "controller/api/service_fixture.h"
#include "controller/discovery/fake_http_client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// A Marathon that runs one container on n1, or that cannot be read.
class FakeMarathon {
 public:
  void SetAddress(const std::string& address) {  // Empty: cannot be read.
    absl::MutexLock lock(&mutex_);
    address_ = address;
  }
  absl::StatusOr<HttpResponse> List() {
    absl::MutexLock lock(&mutex_);
    if (address_.empty()) return absl::UnavailableError("refused");
    return HttpResponse{
        200,
        {},
        absl::StrCat(
            R"({"apps":[{"id":"/c","networks":[{"mode":"container"}],)",
            R"("tasks":[{"id":"c.1","state":"TASK_RUNNING",)",
            R"("host":"10.9.0.1","ipAddresses":[{"ipAddress":")", address_,
            R"("}]}]}]})")};
  }

 private:
  absl::Mutex mutex_;
  std::string address_ ABSL_GUARDED_BY(mutex_);
};

class ServiceAndMarathon : public ServiceFixture {
 protected:
  ServiceAndMarathon() {
    http_ = std::make_shared<FakeHttpClient>(
        [marathon = marathon_](const auto&) { return marathon->List(); });
    BeginAgain("172.30.0.7");
  }
  void BeginAgain(const std::string& address) {
    End();
    marathon_->SetAddress(address);
    Begin();
    Read(address);
  }
  void Read(const std::string& address) {
    marathon_->SetAddress(address);
    // What became of it is in the topology's sources.
    discovery_->Refresh(absl::Now() + absl::Seconds(20)).IgnoreError();
    TellTopology();
  }
  // Whether n2 comes to drop what `address` sends.
  bool IsDropped(const std::string& address) {
    const BootInstant give_up = BootNow() + absl::Seconds(15);
    while (BootNow() < give_up) {
      const std::string stage = agents_[1]->last_stage().ShortDebugString();
      if (absl::StrContains(stage, address)) return true;
      absl::SleepFor(absl::Milliseconds(10));  // bounded wait
    }
    return false;
  }

  const std::shared_ptr<FakeMarathon> marathon_ =
      std::make_shared<FakeMarathon>();
};

TEST_F(ServiceAndMarathon, MembersAreNotForgottenWhileMarathonIsYetToBeRead) {
  const std::string id = InForce();
  ASSERT_TRUE(IsDropped("172.30.0.7"));
  BeginAgain("");
  EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_IN_FORCE));
  Read("172.30.0.8");
  ASSERT_TRUE(IsDropped("172.30.0.8"));
  // Nothing was staged in between, without the container.
  EXPECT_EQ(agents_[1]->last_stage().generation(), 2u);
}

TEST_F(ServiceAndMarathon, APlanSaysWhichSourceWasNeverRead) {
  BeginAgain("");
  auto tried = Create(Halves(), /*validate_only=*/true);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_THAT(tried->fault().plan().notes(),
              Contains(HasSubstr("marathon http://m1 has not been read yet")));
  Read("172.30.0.7");
  tried = Create(Halves(), /*validate_only=*/true);
  ASSERT_TRUE(tried.ok()) << tried.status();
  EXPECT_THAT(tried->fault().plan().notes(),
              Not(Contains(HasSubstr("not been read"))));
}

TEST_F(ServiceAndMarathon, AMarathonThatIsDownIsNotAControllerThatIs) {
  marathon_->SetAddress("");
  v1::GetTopologyRequest request;
  request.set_refresh(true);
  v1::GetTopologyResponse response;
  ASSERT_TRUE(
      Call(&v1::Controller::StubInterface::GetTopology, request, response)
          .ok());
  EXPECT_FALSE(response.topology().sources(1).healthy());
  v1::KillTasksRequest kill;
  kill.set_selector("task:c.1");
  v1::KillTasksResponse killed;
  const absl::Status down =
      Call(&v1::Controller::StubInterface::KillTasks, kill, killed);
  EXPECT_TRUE(absl::IsUnavailable(down)) << down;
  ASSERT_TRUE(GetErrorDetail(down).has_value()) << down;
  EXPECT_EQ(GetErrorDetail(down)->reason(), "MARATHON_UNREACHABLE");
  EXPECT_EQ(GetErrorDetail(down)->subject(), "http://m1");
}

TEST_F(ServiceAndMarathon, AKillWithoutMarathonIsRefused) {
  v1::KillTasksRequest request;
  request.set_selector("app:/shop");
  request.set_all(true);
  v1::KillTasksResponse response;
  const absl::Status refused =
      Call(&v1::Controller::StubInterface::KillTasks, request, response);
  EXPECT_FALSE(refused.ok());
  EXPECT_FALSE(refused.message().empty());
}
}  // namespace
}  // namespace sunder::controller
