#include "tests/mutants/lying_kernel.h"

#include <cstdio>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "agent/kernel/nft_kernel.h"
#include "agent/rules/compile.h"
#include "agent/rules/to_nft.h"
#include "common/clock.h"

namespace sunder::agent {
namespace {

using Request = std::shared_ptr<const v1::StageRequest>;
using Lie = std::function<void(v1::StageRequest&)>;

void Nothing(v1::StageRequest& request) { request.clear_flows(); }

void Reverse(v1::StageRequest& request) {
  for (sunder::v1::Flow& flow : *request.mutable_flows()) {
    flow.mutable_sources()->Swap(flow.mutable_destinations());
    flow.mutable_source_ports()->Swap(flow.mutable_destination_ports());
  }
}

void DropIpv4(google::protobuf::RepeatedPtrField<std::string>& addresses) {
  for (int i = addresses.size() - 1; i >= 0; --i) {
    if (!absl::StrContains(addresses[i], ":")) {
      addresses.DeleteSubrange(i, 1);
    }
  }
}

void Ipv6Only(v1::StageRequest& request) {
  for (sunder::v1::Flow& flow : *request.mutable_flows()) {
    DropIpv4(*flow.mutable_sources());
    DropIpv4(*flow.mutable_destinations());
  }
}

// Passes everything on; what is staged goes through `lie` first.
class LyingKernel : public Kernel {
 public:
  LyingKernel(std::unique_ptr<Kernel> kernel, Lie lie)
      : kernel_(std::move(kernel)), lie_(std::move(lie)) {}

  absl::Status Stage(GateId gate, Request request) override {
    auto changed = std::make_shared<v1::StageRequest>(*request);
    lie_(*changed);
    return kernel_->Stage(gate, std::move(changed));
  }
  absl::Status Arm(GateId gate, WallInstant start,
                   BootInstant expiry) override {
    return kernel_->Arm(gate, start, expiry);
  }
  absl::Status Open(GateId gate) override { return kernel_->Open(gate); }
  absl::Status Shut(GateId gate) override { return kernel_->Shut(gate); }
  absl::Status Refresh(GateId gate, BootInstant expiry) override {
    return kernel_->Refresh(gate, expiry);
  }
  absl::Status Remove(GateId gate) override { return kernel_->Remove(gate); }
  absl::StatusOr<KernelFault> Read(GateId gate) override {
    return kernel_->Read(gate);
  }
  absl::StatusOr<std::vector<KernelFault>> List() override {
    return kernel_->List();
  }

 private:
  const std::unique_ptr<Kernel> kernel_;
  const Lie lie_;
};

// Runs the nft program; this is a test's tool.
void Nft(const std::string& ruleset) {
  FILE* nft = popen("nft -f -", "w");
  fwrite(ruleset.data(), 1, ruleset.size(), nft);
  pclose(nft);
}

// Installs nothing at the receiving hook, and for each fault a table of its own
// at the output while it is open. Nobody heals that but Remove: the lease is
// not under test here.
class SenderSideKernel : public LyingKernel {
 public:
  explicit SenderSideKernel(std::unique_ptr<Kernel> kernel)
      : LyingKernel(std::move(kernel), Nothing) {}

  absl::Status Stage(GateId gate, Request request) override {
    v1::StageRequest reversed = *request;
    Reverse(reversed);
    const auto program = Compile(
        gate, {request->fault_id(), request->generation(), request->digest()},
        reversed.flows(), reversed.protected_());
    if (!program.ok()) return program.status();
    rulesets_[gate] = OutputRuleset(gate, ToNft(*program));
    return LyingKernel::Stage(gate, std::move(request));
  }
  absl::Status Open(GateId gate) override {
    Nft(rulesets_[gate]);
    return LyingKernel::Open(gate);
  }
  absl::Status Remove(GateId gate) override {
    if (rulesets_.erase(gate) > 0) {
      Nft(absl::StrCat("delete table inet ", TableOf(gate), "\n"));
    }
    return LyingKernel::Remove(gate);
  }

 private:
  static std::string TableOf(GateId gate) {
    return absl::StrCat("mutant_", gate);
  }
  // The same rules, in a table of another name, at the output hook, under a
  // lease without an end.
  static std::string OutputRuleset(GateId gate, std::string text) {
    const size_t name = text.find("sunder_");
    text.replace(name, text.find_first_of(" {", name) - name, TableOf(gate));
    text.replace(text.find("hook prerouting"), 15, "hook output");
    return absl::StrCat(text, "\nadd element inet ", TableOf(gate), " ",
                        kLeaseSet, " { ", gate, " }\n");
  }

  std::map<GateId, std::string> rulesets_;
};

// Keeps tables that nobody else is to see.
class HidingKernel : public LyingKernel {
 public:
  explicit HidingKernel(std::unique_ptr<Kernel> kernel)
      : LyingKernel(std::move(kernel), [](v1::StageRequest&) {}) {}

  absl::StatusOr<KernelFault> Read(GateId gate) override {
    if (hidden_.contains(gate)) return absl::NotFoundError("hidden");
    return LyingKernel::Read(gate);
  }
  absl::StatusOr<std::vector<KernelFault>> List() override {
    auto faults = LyingKernel::List();
    if (faults.ok()) {
      std::erase_if(*faults, [this](const KernelFault& fault) {
        return hidden_.contains(fault.gate);
      });
    }
    return faults;
  }

 protected:
  void Hide(GateId gate) { hidden_.insert(gate); }

 private:
  std::set<GateId> hidden_;
};

// Heals nothing. The lease ends, as the kernel does not lie.
class UnhealedKernel : public HidingKernel {
 public:
  using HidingKernel::HidingKernel;
  absl::Status Shut(GateId) override { return absl::OkStatus(); }
  absl::Status Remove(GateId gate) override {
    Hide(gate);
    return absl::OkStatus();
  }
};

// Injects each fault twice, and heals the first.
class TwiceKernel : public HidingKernel {
 public:
  using HidingKernel::HidingKernel;
  absl::Status Stage(GateId gate, Request request) override {
    Hide(Twin(gate));
    absl::Status s = HidingKernel::Stage(Twin(gate), request);
    return s.ok() ? HidingKernel::Stage(gate, std::move(request)) : s;
  }
  absl::Status Arm(GateId gate, WallInstant start,
                   BootInstant expiry) override {
    absl::Status s = HidingKernel::Arm(Twin(gate), start, expiry);
    return s.ok() ? HidingKernel::Arm(gate, start, expiry) : s;
  }
  absl::Status Open(GateId gate) override {
    absl::Status s = HidingKernel::Open(Twin(gate));
    return s.ok() ? HidingKernel::Open(gate) : s;
  }
  absl::Status Refresh(GateId gate, BootInstant expiry) override {
    absl::Status s = HidingKernel::Refresh(Twin(gate), expiry);
    return s.ok() ? HidingKernel::Refresh(gate, expiry) : s;
  }

 private:
  static GateId Twin(GateId gate) { return gate ^ 1; }
};

// Gives each lease a minute more than it may, and says that it did not.
class EndlessKernel : public LyingKernel {
 public:
  explicit EndlessKernel(std::unique_ptr<Kernel> kernel)
      : LyingKernel(std::move(kernel), [](v1::StageRequest&) {}) {}

  absl::Status Refresh(GateId gate, BootInstant expiry) override {
    return LyingKernel::Refresh(gate, expiry + kMore);
  }
  absl::StatusOr<KernelFault> Read(GateId gate) override {
    auto fault = LyingKernel::Read(gate);
    if (fault.ok() && fault->lease_left > kMore) fault->lease_left -= kMore;
    return fault;
  }

 private:
  static constexpr absl::Duration kMore = absl::Minutes(1);
};

// Sees nothing of what an earlier agent left.
class UnsweptKernel : public LyingKernel {
 public:
  explicit UnsweptKernel(std::unique_ptr<Kernel> kernel)
      : LyingKernel(std::move(kernel), [](v1::StageRequest&) {}) {}

  absl::StatusOr<std::vector<KernelFault>> List() override {
    return std::vector<KernelFault>();
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Kernel>> MakeLyingKernel(
    absl::string_view lie, std::unique_ptr<NetlinkTransport> transport) {
  auto kernel = std::make_unique<NftKernel>(std::move(transport), BootNow);
  if (lie == "sender-side") {
    return std::make_unique<SenderSideKernel>(std::move(kernel));
  }
  if (lie == "unhealed") {
    return std::make_unique<UnhealedKernel>(std::move(kernel));
  }
  if (lie == "endless") {
    return std::make_unique<EndlessKernel>(std::move(kernel));
  }
  if (lie == "unswept") {
    return std::make_unique<UnsweptKernel>(std::move(kernel));
  }
  if (lie == "twice") return std::make_unique<TwiceKernel>(std::move(kernel));
  const std::map<absl::string_view, Lie> lies = {
      {"honest", [](v1::StageRequest&) {}},
      {"nothing", Nothing},
      {"reverse", Reverse},
      {"ipv6-only", Ipv6Only}};
  const auto found = lies.find(lie);
  if (found == lies.end()) {
    return absl::InvalidArgumentError(absl::StrCat("no lie ", lie));
  }
  return std::make_unique<LyingKernel>(std::move(kernel), found->second);
}

}  // namespace sunder::agent
