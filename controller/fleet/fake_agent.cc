#include "controller/fleet/fake_agent.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/error_detail.h"
#include "common/grpc_status.h"
#include "grpcpp/server_builder.h"

namespace sunder::controller {
namespace {

// How often a call looks whether it was cancelled.
constexpr absl::Duration kTick = absl::Milliseconds(500);

}  // namespace

FakeAgent::FakeAgent(const std::string& name, const std::string& socket,
                     absl::Duration clock_ahead)
    : name_(name), socket_(socket), clock_ahead_(clock_ahead) {
  Start();
}

FakeAgent::~FakeAgent() { Die(); }

void FakeAgent::Start() {
  {
    absl::MutexLock lock(&mutex_);
    ++incarnation_;
    held_.clear();
  }
  grpc::ServerBuilder builder;
  builder.AddListeningPort(target(), grpc::InsecureServerCredentials());
  builder.RegisterService(this);
  builder.SetMaxReceiveMessageSize(64 << 20);
  server_ = builder.BuildAndStart();
}

void FakeAgent::Die() {
  if (!server_) return;
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  server_.reset();
}

void FakeAgent::RefuseStage(const absl::Status& status) {
  absl::MutexLock lock(&mutex_);
  refuse_stage_ = status;
}

void FakeAgent::BeSilent(bool silent) {
  absl::MutexLock lock(&mutex_);
  silent_ = silent;
}

void FakeAgent::EndWatches() {
  absl::MutexLock lock(&mutex_);
  ++ended_watches_;
}

agent::v1::Held FakeAgent::held(const std::string& fault_id) {
  absl::MutexLock lock(&mutex_);
  Advance();
  auto it = held_.find(fault_id);
  return it == held_.end() ? agent::v1::Held() : it->second;
}

agent::v1::StageRequest FakeAgent::last_stage() {
  absl::MutexLock lock(&mutex_);
  return last_stage_;
}

int FakeAgent::watchers() {
  absl::MutexLock lock(&mutex_);
  return watchers_;
}

int64_t FakeAgent::Now() const { return (BootNow() + clock_ahead_).nanos(); }

agent::v1::Stamp FakeAgent::MakeStamp() {
  agent::v1::Stamp stamp;
  stamp.set_boot_id("boot");
  stamp.set_incarnation(incarnation_);
  stamp.set_now_ns(Now());
  stamp.set_highest_term(highest_term_);
  return stamp;
}

void FakeAgent::Advance() {
  const int64_t now = Now();
  for (auto& [id, held] : held_) {
    if (held.state() == agent::v1::STATE_ARMED && now >= held.start_ns()) {
      held.set_state(agent::v1::STATE_IN_FORCE);
      held.set_in_force_ns(now);
    }
    if (held.state() == agent::v1::STATE_IN_FORCE && now >= held.expiry_ns()) {
      held.set_state(agent::v1::STATE_EXPIRED);
      held.set_gone_ns(held.expiry_ns());
    }
  }
}

absl::Duration FakeAgent::UntilNextChange() const {
  int64_t next = std::numeric_limits<int64_t>::max();
  for (const auto& [id, held] : held_) {
    if (held.state() == agent::v1::STATE_ARMED) {
      next = std::min<int64_t>(next, held.start_ns());
    } else if (held.state() == agent::v1::STATE_IN_FORCE) {
      next = std::min<int64_t>(next, held.expiry_ns());
    }
  }
  return absl::Nanoseconds(next - Now());
}

void FakeAgent::WaitOutSilence(grpc::ServerContext* context) {
  absl::MutexLock lock(&mutex_);
  const auto heard = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !silent_;
  };
  while (!context->IsCancelled() &&
         !mutex_.AwaitWithTimeout(absl::Condition(&heard), kTick)) {
  }
}

grpc::Status FakeAgent::Describe(grpc::ServerContext* context,
                                 const agent::v1::DescribeRequest*,
                                 agent::v1::DescribeResponse* response) {
  WaitOutSilence(context);
  absl::MutexLock lock(&mutex_);
  Advance();
  response->set_name(name_);
  response->set_version("fake");
  for (const auto& [id, held] : held_) *response->add_held() = held;
  *response->mutable_stamp() = MakeStamp();
  return grpc::Status::OK;
}

// The frame of every call that changes something: fencing, then `change`.
template <typename Change>
grpc::Status FakeAgent::Do(const agent::v1::Caller& caller,
                           const std::string& fault_id, agent::v1::Stamp* stamp,
                           agent::v1::Held* held, Change change) {
  absl::MutexLock lock(&mutex_);
  Advance();
  absl::Status status;
  if (caller.term() < highest_term_) {
    status = ErrorWithDetail(absl::StatusCode::kFailedPrecondition,
                             "a newer controller", "STALE_TERM", "term");
  } else if (caller.incarnation() != 0 &&
             caller.incarnation() != incarnation_) {
    status = ErrorWithDetail(absl::StatusCode::kFailedPrecondition,
                             "another agent", "WRONG_INCARNATION", name_);
  } else {
    highest_term_ = caller.term();
    status = change(held_[fault_id]);
    ++changes_;
    held_[fault_id].set_fault_id(fault_id);
  }
  *stamp = MakeStamp();
  *held = held_[fault_id];
  if (held->state() == agent::v1::STATE_UNSPECIFIED) held_.erase(fault_id);
  if (!status.ok()) {
    status.SetPayload("type.googleapis.com/sunder.agent.v1.Stamp",
                      absl::Cord(stamp->SerializeAsString()));
  }
  return ToGrpcStatus(status);
}

grpc::Status FakeAgent::Stage(grpc::ServerContext* context,
                              const agent::v1::StageRequest* request,
                              agent::v1::StageResponse* response) {
  WaitOutSilence(context);
  return Do(request->caller(), request->fault_id(), response->mutable_stamp(),
            response->mutable_held(), [&](agent::v1::Held& held) {
              last_stage_ = *request;
              if (!refuse_stage_.ok()) return refuse_stage_;
              if (request->validate_only()) {
                response->set_ruleset("table inet sunder_fake  # " + name_);
                return absl::OkStatus();
              }
              held.set_generation(request->generation());
              held.set_digest(request->digest());
              held.set_state(agent::v1::STATE_STAGED);
              return absl::OkStatus();
            });
}

grpc::Status FakeAgent::Arm(grpc::ServerContext* context,
                            const agent::v1::ArmRequest* request,
                            agent::v1::ArmResponse* response) {
  WaitOutSilence(context);
  return Do(request->caller(), request->fault_id(), response->mutable_stamp(),
            response->mutable_held(), [&](agent::v1::Held& held) {
              if (held.state() != agent::v1::STATE_STAGED ||
                  request->start_ns() <= Now()) {
                return absl::FailedPreconditionError("not staged, or too late");
              }
              held.set_state(agent::v1::STATE_ARMED);
              held.set_start_ns(request->start_ns());
              held.set_expiry_ns(request->expiry_ns());
              held.set_end_ns(request->end_ns());
              return absl::OkStatus();
            });
}

grpc::Status FakeAgent::KeepAlive(grpc::ServerContext* context,
                                  const agent::v1::KeepAliveRequest* request,
                                  agent::v1::KeepAliveResponse* response) {
  WaitOutSilence(context);
  return Do(request->caller(), request->fault_id(), response->mutable_stamp(),
            response->mutable_held(), [&](agent::v1::Held& held) {
              if (held.state() != agent::v1::STATE_ARMED &&
                  held.state() != agent::v1::STATE_IN_FORCE) {
                return absl::FailedPreconditionError("it is gone");
              }
              if (request->number() > held.keep_alive()) {
                held.set_keep_alive(request->number());
                held.set_expiry_ns(
                    std::min<int64_t>(request->expiry_ns(), held.end_ns()));
              }
              return absl::OkStatus();
            });
}

grpc::Status FakeAgent::Heal(grpc::ServerContext* context,
                             const agent::v1::HealRequest* request,
                             agent::v1::HealResponse* response) {
  WaitOutSilence(context);
  return Do(request->caller(), request->fault_id(), response->mutable_stamp(),
            response->mutable_held(), [&](agent::v1::Held& held) {
              if (held.state() == agent::v1::STATE_EXPIRED) {
                return absl::OkStatus();
              }
              held.set_state(agent::v1::STATE_HEALED);
              held.set_gone_ns(Now());
              return absl::OkStatus();
            });
}

grpc::Status FakeAgent::Watch(
    grpc::ServerContext* context, const agent::v1::WatchRequest*,
    grpc::ServerWriter<agent::v1::WatchResponse>* writer) {
  std::map<std::string, std::string> told;
  absl::MutexLock lock(&mutex_);
  ++watchers_;
  const int era = ended_watches_;
  while (!context->IsCancelled() && era == ended_watches_) {
    Advance();
    for (const auto& [id, held] : held_) {
      const std::string bytes = held.SerializeAsString();
      if (told[id] == bytes) continue;
      told[id] = bytes;
      agent::v1::WatchResponse report;
      *report.mutable_stamp() = MakeStamp();
      *report.mutable_held() = held;
      writer->Write(report);
    }
    const auto changed = [this, era, seen = changes_]()
                             ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                               return changes_ != seen || ended_watches_ != era;
                             };
    mutex_.AwaitWithTimeout(absl::Condition(&changed),
                            std::min(UntilNextChange(), kTick));
  }
  --watchers_;
  return grpc::Status::OK;
}

}  // namespace sunder::controller
