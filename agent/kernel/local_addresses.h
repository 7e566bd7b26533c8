// The addresses of the calling thread's network namespace on all interfaces,
// but for 127.0.0.0/8 and ::1; sorted.

#ifndef SUNDER_AGENT_KERNEL_LOCAL_ADDRESSES_H_
#define SUNDER_AGENT_KERNEL_LOCAL_ADDRESSES_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/address.h"

namespace sunder::agent {

absl::StatusOr<std::vector<Address>> LocalAddresses();

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_LOCAL_ADDRESSES_H_
