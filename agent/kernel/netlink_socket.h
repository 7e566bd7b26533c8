// The real transport: a NETLINK_NETFILTER socket of the network namespace that
// the calling thread is in. It keeps that namespace alive for as long as it is
// open.

#ifndef SUNDER_AGENT_KERNEL_NETLINK_SOCKET_H_
#define SUNDER_AGENT_KERNEL_NETLINK_SOCKET_H_

#include <memory>

#include "absl/status/statusor.h"
#include "agent/kernel/transport.h"

namespace sunder::agent {

absl::StatusOr<std::unique_ptr<NetlinkTransport>> OpenNetlinkSocket();

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_NETLINK_SOCKET_H_
