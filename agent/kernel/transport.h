// How bytes reach the kernel's nf_tables and come back: the effect that
// NftKernel hides behind, with a fake in its tests. Used by one thread at a
// time.

#ifndef SUNDER_AGENT_KERNEL_TRANSPORT_H_
#define SUNDER_AGENT_KERNEL_TRANSPORT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sunder::agent {

class NetlinkTransport {
 public:
  virtual ~NetlinkTransport() = default;

  // This end's address, which the kernel's notifications name where it was
  // asked for a change through here.
  virtual uint32_t port() const = 0;

  // Hands the whole of `bytes` to the kernel in one call. On error the kernel
  // has seen none of it.
  virtual absl::Status Send(absl::string_view bytes) = 0;

  // The next datagram from the kernel, never empty. DATA_LOSS: datagrams were
  // lost (the receive buffer was full). DEADLINE_EXCEEDED: none came in time.
  virtual absl::StatusOr<std::string> Receive() = 0;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_TRANSPORT_H_
