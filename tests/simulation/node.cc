#include "tests/simulation/node.h"

#include <utility>
#include <variant>

#include "agent/core/admission.h"

namespace sunder::simulation {
namespace {

constexpr int64_t kMillion = 1'000'000;

}  // namespace

Node::Node(const std::string& name, absl::Duration ahead, int64_t drift_ppm,
           uint32_t seed)
    : name_(name), ahead_(ahead), drift_ppm_(drift_ppm), host_(&clock_, seed) {
  host_.by_hand = true;
}

BootInstant Node::ToLocal(Now now) const {
  return now + ahead_ + absl::Nanoseconds(now.nanos() * drift_ppm_ / kMillion);
}

Now Node::ToWorld(BootInstant local) const {
  const int64_t drifted = (local - ahead_).nanos();
  const int64_t drift = drifted * drift_ppm_ / (kMillion + drift_ppm_);
  return BootInstant::FromNanos(drifted - drift) + absl::Nanoseconds(3);
}

void Node::Deliver(const controller::Request& request, Answer answer) {
  const size_t kind = request.index();
  agent::CallId call = 0;
  if (const auto* ask = std::get_if<agent::v1::DescribeRequest>(&request)) {
    // As the service does: what it hears is written down before it answers.
    if (ask->name() == name_) host_.HearTerm(ask->term());
    host_.CarryOutAll();
    agent::v1::DescribeResponse response;
    *response.mutable_stamp() = Stamp();
    response.set_name(name_);
    for (const auto& held : host_.core().Held()) *response.add_held() = held;
    answer(controller::Response(std::move(response)));
    return GiveAnswers();
  }
  if (const auto* stage = std::get_if<agent::v1::StageRequest>(&request)) {
    call = host_.Stage(*stage);
  } else if (const auto* arm = std::get_if<agent::v1::ArmRequest>(&request)) {
    call = host_.Arm(*arm);
  } else if (const auto* alive =
                 std::get_if<agent::v1::KeepAliveRequest>(&request)) {
    call = host_.KeepAlive(*alive);
  } else {
    call = host_.Heal(std::get<agent::v1::HealRequest>(request));
  }
  outstanding_[call] = {kind, std::move(answer)};
  GiveAnswers();
}

void Node::CarryOutOne() {
  host_.CarryOutOne();
  GiveAnswers();
}

void Node::GiveAnswers() {
  for (auto it = outstanding_.begin(); it != outstanding_.end();) {
    const agent::Reply* reply = host_.Answer(it->first);
    if (reply == nullptr) {
      ++it;
      continue;
    }
    it->second.answer(Wrap(it->second.kind, *reply));
    it = outstanding_.erase(it);
  }
}

absl::StatusOr<controller::Response> Node::Wrap(size_t kind,
                                                const agent::Reply& reply) {
  if (!reply.status.ok()) {
    absl::Status status = reply.status;
    agent::AttachTo(status, Stamp());
    return status;
  }
  const auto fill = [&](auto response) -> controller::Response {
    *response.mutable_stamp() = Stamp();
    *response.mutable_held() = reply.held;
    return response;
  };
  switch (kind) {
    case 1:
      return fill(agent::v1::StageResponse());
    case 2:
      return fill(agent::v1::ArmResponse());
    case 3:
      return fill(agent::v1::KeepAliveResponse());
    default:
      return fill(agent::v1::HealResponse());
  }
}

void Node::Reboot(Now now) {
  Kill();
  host_.Reboot();
  ahead_ = absl::Seconds(7) - (now - Now());
  // What the wall clock shows goes on.
  const BootInstant before = clock_.now;
  SetNow(now);
  clock_.wall_ahead += before - clock_.now;
}

void Node::Kill() {
  host_.Kill();
  for (auto& [call, outstanding] : outstanding_) {
    orphans_.push_back(std::move(outstanding.answer));
  }
  outstanding_.clear();
}

}  // namespace sunder::simulation
