// Flows -> Program. Pure.
//
// The flows become the program's cuts; neighbour discovery and the protected
// tuples, which no fault may cut, its spares. Whatever names single values goes
// into large hash sets shared by all flows that look at the same fields:
// prefixes and port ranges get rules of their own with one interval set for
// each field.

#ifndef SUNDER_AGENT_RULES_COMPILE_H_
#define SUNDER_AGENT_RULES_COMPILE_H_

#include "absl/status/statusor.h"
#include "agent/core/kernel.h"
#include "agent/rules/program.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::agent {

// INVALID_ARGUMENT names the field that is wrong ("flows[3].sources[0]"); with
// reason UNKNOWN_ENUM where it holds a value or a behaviour that is not known
// here, and with TOO_LARGE where the flows would take too much memory.
//
// A protected tuple without local address lives in one direction only: to any
// address, since which addresses are local is not known here.
absl::StatusOr<Program> Compile(
    GateId gate, const FaultKey& key,
    const google::protobuf::RepeatedPtrField<sunder::v1::Flow>& flows,
    const google::protobuf::RepeatedPtrField<sunder::v1::ProtectedTuple>&
        protected_tuples);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_RULES_COMPILE_H_
