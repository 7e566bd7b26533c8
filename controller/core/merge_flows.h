// Fewer flows that cut the same: what an agent is sent. Pure.
//
// Flows that differ only in whom they come from become one flow from all of
// them, then those that differ only in where they go. Ten thousand members that
// serve one port are one message to parse, not ten thousand. People see the
// plan, where each flow has its name.

#ifndef SUNDER_CONTROLLER_CORE_MERGE_FLOWS_H_
#define SUNDER_CONTROLLER_CORE_MERGE_FLOWS_H_

#include "google/protobuf/repeated_ptr_field.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

using Flows = google::protobuf::RepeatedPtrField<sunder::v1::Flow>;

// In the order in which they first appear, without labels.
Flows MergeFlows(const Flows& flows);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_MERGE_FLOWS_H_
