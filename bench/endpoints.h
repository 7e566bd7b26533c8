// What the benchmarks apply: a fault of so many endpoints on one host, as the
// controller sends it.

#ifndef SUNDER_BENCH_ENDPOINTS_H_
#define SUNDER_BENCH_ENDPOINTS_H_

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "controller/core/merge_flows.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::bench {

inline std::string EndpointAddress(int i) {
  return absl::StrCat("10.", 128 + (i >> 16), ".", i >> 8 & 255, ".", i & 255);
}
inline constexpr int kEndpointPort = 7000;

// Planned as one flow for each endpoint: its address, TCP, its port.
inline std::shared_ptr<agent::v1::StageRequest> Endpoints(int count) {
  controller::Flows flows;
  for (int i = 0; i < count; ++i) {
    auto* flow = flows.Add();
    flow->add_sources(EndpointAddress(i));
    flow->set_protocol(sunder::v1::PROTOCOL_TCP);
    flow->mutable_behaviour()->mutable_drop();
    auto* port = flow->add_source_ports();
    port->set_first(kEndpointPort);
    port->set_last(kEndpointPort);
  }
  auto request = std::make_shared<agent::v1::StageRequest>();
  request->set_fault_id("bench");
  request->set_generation(1);
  request->set_digest("digest");
  *request->mutable_flows() = controller::MergeFlows(flows);
  return request;
}

}  // namespace sunder::bench

#endif  // SUNDER_BENCH_ENDPOINTS_H_
