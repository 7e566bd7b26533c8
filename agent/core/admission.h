// The checks of requests that need nothing but the request and the time, and
// the refusals' words. Pure.

#ifndef SUNDER_AGENT_CORE_ADMISSION_H_
#define SUNDER_AGENT_CORE_ADMISSION_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

// FAILED_PRECONDITION with an ErrorDetail.
absl::Status Refusal(absl::string_view reason, absl::string_view subject,
                     absl::string_view message, absl::string_view advice = "");

// An instant as a request gives it, moved into the range that can be reckoned
// with.
BootInstant AsInstant(int64_t nanos);

absl::Status CheckFaultId(const std::string& fault_id);
absl::Status CheckGeneration(uint64_t generation);
absl::Status CheckNotAfter(const v1::Caller& caller, BootInstant now);
absl::Status CheckStage(const v1::StageRequest& request);
// Of a fault that is not armed yet.
absl::Status CheckArm(const v1::ArmRequest& request, BootInstant now);
// `end` is the fault's.
absl::Status CheckKeepAlive(const v1::KeepAliveRequest& request,
                            BootInstant end, BootInstant now);

// The refusal of a request for a fault that ended; carries `held` as a detail.
absl::Status TombstoneRefusal(const v1::Held& held);

// "EXPIRED" and so on.
std::string StateName(v1::State state);

// Adds a message to the details that travel with an error.
void AttachTo(absl::Status& status, const google::protobuf::Message& detail);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_ADMISSION_H_
