// What a starting agent does with what it finds in the kernel. Pure.

#ifndef SUNDER_AGENT_CORE_ADOPTION_H_
#define SUNDER_AGENT_CORE_ADOPTION_H_

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/core/kernel.h"
#include "agent/core/record.pb.h"
#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

struct Found {
  KernelFault fault;
  std::optional<v1::Held> adopted;        // None: to be swept.
  std::set<std::string> local_addresses;  // With adopted.
  std::string why;                        // Why it is swept.
};

// Adopted is what is open, alive, intact and equal to the record of this boot.
std::vector<Found> DecideAdoption(const Record& record,
                                  const std::vector<KernelFault>& listed,
                                  const std::string& boot_id, BootInstant now);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_ADOPTION_H_
