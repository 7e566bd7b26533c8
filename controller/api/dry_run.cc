#include "controller/api/dry_run.h"

#include <utility>

#include "common/clock.h"
#include "controller/api/random_values.h"
#include "controller/core/agent_link.h"
#include "controller/core/digest.h"
#include "controller/core/merge_flows.h"

namespace sunder::controller {
namespace {

constexpr absl::Duration kDescribeTimeout = absl::Seconds(2);
constexpr absl::Duration kStageTimeout = absl::Seconds(10);

}  // namespace

void DryRun::Begin(Fleet& fleet, uint64_t term, const sunder::v1::Plan& plan,
                   Done done) {
  if (plan.hosts().empty()) return done({});
  const std::shared_ptr<DryRun> run(
      new DryRun(fleet, term, plan, std::move(done)));
  for (int i = 0; i < plan.hosts_size(); ++i) run->Describe(i);
}

DryRun::DryRun(Fleet& fleet, uint64_t term, const sunder::v1::Plan& plan,
               Done done)
    : fleet_(fleet),
      term_(term),
      fault_id_(RandomFaultId()),
      plan_(plan),
      done_(std::move(done)),
      open_(plan.hosts_size()),
      rulesets_(plan.hosts_size()) {}

// The agent's incarnation and clock, which the next request must name.
void DryRun::Describe(int index) {
  fleet_.Send(
      plan_.hosts(index).host(), agent::v1::DescribeRequest(),
      BootNow() + kDescribeTimeout,
      [self = shared_from_this(), index](const absl::StatusOr<Response>& reply,
                                         BootInstant, BootInstant) {
        if (!reply.ok()) return self->Answer(index, reply.status());
        const auto& agent = std::get<agent::v1::DescribeResponse>(*reply);
        // Of another host, its rules would say nothing of this one.
        const absl::Status named =
            CheckName(self->plan_.hosts(index).host(), agent.name());
        if (!named.ok()) return self->Answer(index, named);
        self->Stage(index, agent);
      });
}

void DryRun::Stage(int index, const agent::v1::DescribeResponse& agent) {
  const sunder::v1::HostPlan& part = plan_.hosts(index);
  agent::v1::StageRequest request;
  request.mutable_caller()->set_term(term_);
  request.mutable_caller()->set_incarnation(agent.stamp().incarnation());
  request.mutable_caller()->set_not_after_ns(
      agent.stamp().now_ns() + absl::ToInt64Nanoseconds(kStageTimeout));
  request.set_fault_id(fault_id_);
  request.set_generation(1);
  request.set_digest(DigestOf(part));
  *request.mutable_flows() = MergeFlows(part.flows());
  *request.mutable_protected_() = part.protected_();
  request.set_validate_only(true);
  fleet_.Send(
      part.host(), request, BootNow() + kStageTimeout,
      [self = shared_from_this(), index](const absl::StatusOr<Response>& reply,
                                         BootInstant, BootInstant) {
        if (!reply.ok()) return self->Answer(index, reply.status());
        self->Answer(index,
                     std::get<agent::v1::StageResponse>(*reply).ruleset());
      });
}

void DryRun::Answer(int index, const absl::StatusOr<std::string>& ruleset) {
  v1::HostRuleset& answer = rulesets_[index];
  answer.set_host(plan_.hosts(index).host());
  if (ruleset.ok()) {
    answer.set_ruleset(*ruleset);
  } else {
    answer.set_error(std::string(ruleset.status().message()));
  }
  if (--open_ == 0) done_(rulesets_);
}

}  // namespace sunder::controller
