// Kernels that do not do what they are told and say that they did: what the
// tests of faults must notice. Each is one way in which an injector could be
// wrong.

#ifndef SUNDER_TESTS_MUTANTS_LYING_KERNEL_H_
#define SUNDER_TESTS_MUTANTS_LYING_KERNEL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "agent/core/kernel.h"
#include "agent/kernel/transport.h"

namespace sunder::agent {

// `lie` is one of
//   honest       does as it is told
//   nothing      installs no flow at all
//   reverse      drops what this host sends where it should drop what it
//   receives
//                (at the receiving hook, so: never)
//   ipv6-only    leaves IPv4 whole
//   sender-side  drops at the sender's output instead of the receiver's input
//                (of a one-way cut only the receiver has the flow: it drops
//                what it sends itself)
//   unhealed     says that a fault is gone and leaves it to its lease
//   twice        installs each fault twice and heals the first only
//   endless      lets a lease live for a minute more (for tests/life)
//   unswept      does not see what an earlier agent left (for tests/life)
// INVALID_ARGUMENT for another.
absl::StatusOr<std::unique_ptr<Kernel>> MakeLyingKernel(
    absl::string_view lie, std::unique_ptr<NetlinkTransport> transport);

}  // namespace sunder::agent

#endif  // SUNDER_TESTS_MUTANTS_LYING_KERNEL_H_
