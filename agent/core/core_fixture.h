// What the core's tests share: one host on a virtual clock and well-formed
// requests, which a test spoils where it wants to.

#ifndef SUNDER_AGENT_CORE_CORE_FIXTURE_H_
#define SUNDER_AGENT_CORE_CORE_FIXTURE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "agent/core/model_host.h"
#include "common/error_detail.h"
#include "gtest/gtest.h"

namespace sunder::agent {

class CoreFixture : public testing::Test {
 protected:
  ModelClock clock;
  ModelHost host{&clock};
  const std::string id = "f1";

  BootInstant now() const { return clock.now; }
  ModelKernel& kernel() { return host.kernel(); }

  v1::Caller Caller() {
    v1::Caller caller;
    caller.set_term(7);
    caller.set_not_after_ns((now() + absl::Seconds(2)).nanos());
    caller.set_incarnation(host.incarnation());
    return caller;
  }
  v1::StageRequest StageRequest(const std::string& fault_id) {
    v1::StageRequest request;
    *request.mutable_caller() = Caller();
    request.set_fault_id(fault_id);
    request.set_generation(1);
    request.set_digest("digest of " + fault_id);
    request.add_flows()->mutable_behaviour()->mutable_drop();
    return request;
  }
  // Starts in 100 ms, first expiry 1 s later, lasts 30 s.
  v1::ArmRequest ArmRequest(const std::string& fault_id) {
    v1::ArmRequest request;
    *request.mutable_caller() = Caller();
    request.set_fault_id(fault_id);
    request.set_generation(1);
    const BootInstant start = now() + absl::Milliseconds(100);
    request.set_start_ns(start.nanos());
    request.set_expiry_ns((start + absl::Seconds(1)).nanos());
    request.set_end_ns((start + absl::Seconds(30)).nanos());
    return request;
  }
  v1::KeepAliveRequest KeepAliveRequest(const std::string& fault_id,
                                        uint64_t number, absl::Duration lease) {
    v1::KeepAliveRequest request;
    *request.mutable_caller() = Caller();
    request.set_fault_id(fault_id);
    request.set_generation(1);
    request.set_number(number);
    request.set_expiry_ns((now() + lease).nanos());
    return request;
  }
  v1::HealRequest HealRequest(const std::string& fault_id) {
    v1::HealRequest request;
    *request.mutable_caller() = Caller();
    request.set_fault_id(fault_id);
    return request;
  }

  CallId Stage() { return host.Stage(StageRequest(id)); }
  CallId Arm() { return host.Arm(ArmRequest(id)); }
  CallId KeepAlive(uint64_t number, absl::Duration lease) {
    return host.KeepAlive(KeepAliveRequest(id, number, lease));
  }
  CallId Heal() { return host.Heal(HealRequest(id)); }
  void BringInForce() {
    Stage();
    Arm();
    host.RunFor(absl::Milliseconds(100));
    ASSERT_EQ(State(), v1::STATE_IN_FORCE);
  }

  v1::State State() {
    const auto held = host.HeldOf(id);
    return held ? held->state() : v1::STATE_UNSPECIFIED;
  }
  // "OK", the reason in the error's detail, the error, or "no answer".
  std::string Outcome(CallId call) {
    const Reply* reply = host.Answer(call);
    if (reply == nullptr) return "no answer";
    if (reply->status.ok()) return "OK";
    const auto detail = GetErrorDetail(reply->status);
    return detail ? detail->reason() : reply->status.ToString();
  }
  v1::Held Said(CallId call) {
    const Reply* reply = host.Answer(call);
    return reply == nullptr ? v1::Held() : reply->held;
  }
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_CORE_FIXTURE_H_
