// The agent's Kernel over netlink, in the network namespace that the transport
// was opened in. Owned by the agent's main loop and called from its thread
// only. It names nothing but tables `inet sunder_<gate>`, so it cannot touch
// anything foreign.

#ifndef SUNDER_AGENT_KERNEL_NFT_KERNEL_H_
#define SUNDER_AGENT_KERNEL_NFT_KERNEL_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/core/kernel.h"
#include "agent/kernel/exchange.h"
#include "agent/kernel/transport.h"
#include "agent/nft/user_data.h"
#include "common/instant.h"

namespace sunder::agent {

class NftKernel : public Kernel {
 public:
  // `now` is CLOCK_BOOTTIME.
  NftKernel(std::unique_ptr<NetlinkTransport> transport,
            std::function<BootInstant()> now);
  // On a socket of the calling thread's network namespace.
  static absl::StatusOr<std::unique_ptr<NftKernel>> Create();

  absl::Status Stage(GateId gate,
                     std::shared_ptr<const v1::StageRequest> request) override;
  // FAILED_PRECONDITION: the fault was armed before; it never is again.
  // NOT_FOUND: it is not staged. DEADLINE_EXCEEDED: `expiry` has passed, or
  // time ran out on the way; nothing of the fault is left open.
  absl::Status Arm(GateId gate, WallInstant start, BootInstant expiry) override;
  absl::Status Open(GateId gate) override;
  absl::Status Shut(GateId gate) override;
  // DEADLINE_EXCEEDED as for Arm.
  absl::Status Refresh(GateId gate, BootInstant expiry) override;
  absl::Status Remove(GateId gate) override;
  absl::StatusOr<KernelFault> Read(GateId gate) override;
  absl::StatusOr<std::vector<KernelFault>> List() override;

 private:
  // As Exchange::Commit.
  absl::Status Commit(nft::Batch batch, absl::string_view what);
  // Forgets what it knows of the sets' elements unless every change of the
  // ruleset since was ours.
  absl::Status NoticeForeignChanges();
  absl::Status ReadElements(const std::string& table,
                            const std::vector<nft::SetInfo>& sets,
                            std::map<std::string, nft::SetTag>& elements);

  // Whole milliseconds until `expiry`, the kernel's unit. DEADLINE_EXCEEDED
  // where none is left.
  absl::StatusOr<uint64_t> LeaseMillis(BootInstant expiry) const;
  // After a lease of `millis` was committed: sees to it that it cannot outlive
  // `expiry`, though this process may have slept on the way to the commit.
  absl::Status Shorten(GateId gate, BootInstant expiry, uint64_t millis);

  const std::unique_ptr<NetlinkTransport> transport_;
  const std::function<BootInstant()> now_;
  Exchange exchange_;
  // The ruleset's generation, if every change since it was asked for was ours.
  std::optional<uint32_t> generation_;
  // Whose sets were then found to hold what was compiled. We never touch them,
  // so they do as long as nobody else changes anything.
  std::set<GateId> compared_;
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_KERNEL_NFT_KERNEL_H_
