// What this kernel can do, found by trying each thing once on a throwaway table
// `sunder_probe`, and never by its version.

#ifndef SUNDER_AGENT_KERNEL_PROBES_H_
#define SUNDER_AGENT_KERNEL_PROBES_H_

#include <vector>

#include "agent/kernel/transport.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

// "nf_tables.inet", "nf_tables.timeout", "nf_tables.concatenation",
// "nf_tables.interval", "nf_tables.meta_time", "nf_tables.user_data". `detail`
// is the kernel's error where a feature is absent. All of them are needed to
// stage.
std::vector<v1::Feature> ProbeFeatures(NetlinkTransport& transport);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_PROBES_H_
