// One host's part in one generation of a fault: what was sent there and what is
// known of it. Owned by Fault. Facts only move forward: a word older than the
// last one heard is ignored, and gone is for good.

#ifndef SUNDER_CONTROLLER_CORE_HOST_PART_H_
#define SUNDER_CONTROLLER_CORE_HOST_PART_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "common/instant.h"
#include "controller/core/action.h"
#include "controller/core/agent_link.h"
#include "controller/core/timeline.h"
#include "sunder/agent/v1/agent.pb.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

enum class Standing {
  kComing,   // Of a generation that is not yet armed everywhere.
  kKept,     // Its lease is extended, together with all others'.
  kLeaving,  // Healed while the fault goes on: of another generation, or lost.
};

struct HostPart {
  Standing standing = Standing::kComing;
  const sunder::v1::HostPlan* plan = nullptr;  // kComing: what to stage.
  sunder::v1::HostStatus* status = nullptr;    // In the fault's view.
  AgentLink* link = nullptr;
  std::string digest;

  // What was sent.
  CallId pending = 0;  // The call whose answer is awaited; 0: none.
  int failures = 0;    // In a row, of the present request.
  BootInstant failed_at;
  bool stage_sent = false;
  BootInstant stage_began;    // When Stage was sent last.
  absl::Duration stage_took;  // From then until it was known to be staged.
  bool arm_sent = false;
  uint64_t arm_number = 0;  // Of the keep-alive whose expiry Arm carried.
  BootInstant heal_from;    // With kLeaving, or when the fault is healed.
  BootInstant bound;        // With arm_sent: it cannot be in force after this.

  // What the agent said.
  AgentInstant heard;      // When it said the last that counts.
  bool described = false;  // It told what it holds since the fault is ours.
  bool staged = false;
  bool armed = false;
  bool in_force = false;  // Read back.
  bool drifted = false;   // It was, and somebody else changed it.
  bool gone = false;      // Read back that nothing is left.
  uint64_t acked = 0;     // With armed: the highest keep-alive it took.
  BootInstant floor;      // With armed: its lease does not end before this.
  AgentInstant start, expiry, end;  // With armed: as it said last.
  absl::Status refusal;             // Why it will not do what it was asked.

  // What earlier parts of the host counted.
  uint64_t packets_before = 0, bytes_before = 0;

  const std::string& host() const { return status->host(); }
  uint64_t generation() const { return status->generation(); }
  bool MayRetry(BootInstant now, absl::Duration longest) const;
  BootInstant RetryAt(absl::Duration longest) const;

  // The agent said at `stamp` what it holds of this generation: `held`, or
  // nothing of it (null).
  void Hear(const agent::v1::Held* held, const agent::v1::Stamp& stamp,
            const Timeline& timeline);
  // Nothing is left, as of the agent's instant `at`.
  void SetGone(sunder::v1::HostState state, AgentInstant at,
               const Timeline& timeline);
  // It is to be healed from `now` on.
  void Leave(BootInstant now, const Timeline& timeline);
  // `earlier`, another part at this host, is forgotten.
  void Inherit(const HostPart& earlier);
  // Nobody confirms it, but nothing can be in force any more.
  void SetGoneByTime(const Timeline& timeline);
  // From now on nothing certain is known of it.
  void SetUnknown(const Timeline& timeline);
  // The call failed. Refused for good, or worth another try.
  void CallFailed(const absl::Status& why, BootInstant now);
  // It will not do what it was asked, because of what it said.
  void Refuse(const std::string& why);
  // Before a request of another kind.
  void NewRequest();

 private:
  void HearDrifted(const agent::v1::Held& held);
  void HearLiving(const agent::v1::Held& held, const agent::v1::Stamp& stamp,
                  const Timeline& timeline);
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_HOST_PART_H_
