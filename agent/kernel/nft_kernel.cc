#include "agent/kernel/nft_kernel.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/kernel/assess.h"
#include "agent/kernel/netlink_socket.h"
#include "agent/nft/linux_nftables.h"
#include "agent/nft/messages.h"
#include "agent/rules/compile.h"
#include "common/clock.h"

namespace sunder::agent {
namespace {

// How far a lease may end behind its expiry, which the protocol's margins allow
// for, and how often we try to get it there.
constexpr absl::Duration kTolerance = absl::Milliseconds(10);
constexpr int kShortenings = 3;

std::string Name(absl::string_view verb, GateId gate) {
  return absl::StrCat(verb, " ", TableName(gate));
}

// Moves the objects of type T over.
template <typename T>
std::vector<T> Of(nft::Objects objects) {
  std::vector<T> all;
  for (nft::Object& object : objects) {
    if (T* one = std::get_if<T>(&object)) all.push_back(std::move(*one));
  }
  return all;
}

// Asks for objects of type T and appends them to `all`. OK also where there is
// no such thing.
template <typename T>
absl::Status Collect(Exchange& exchange, const nft::Query& query,
                     absl::string_view what, std::vector<T>& all) {
  absl::StatusOr<nft::Objects> objects = exchange.Ask(query, what);
  if (absl::IsNotFound(objects.status())) return absl::OkStatus();
  if (!objects.ok()) return objects.status();
  for (T& one : Of<T>(*std::move(objects))) all.push_back(std::move(one));
  return absl::OkStatus();
}

}  // namespace

NftKernel::NftKernel(std::unique_ptr<NetlinkTransport> transport,
                     std::function<BootInstant()> now)
    : transport_(std::move(transport)),
      now_(std::move(now)),
      exchange_(*transport_) {}

absl::StatusOr<std::unique_ptr<NftKernel>> NftKernel::Create() {
  absl::StatusOr<std::unique_ptr<NetlinkTransport>> transport =
      OpenNetlinkSocket();
  if (!transport.ok()) return transport.status();
  return std::make_unique<NftKernel>(*std::move(transport), BootNow);
}

absl::Status NftKernel::Commit(nft::Batch batch, absl::string_view what) {
  absl::Status s = exchange_.Commit(std::move(batch), what);
  if (absl::IsDataLoss(s)) generation_.reset();
  if (s.ok() && generation_) ++*generation_;
  return s;
}

absl::Status NftKernel::NoticeForeignChanges() {
  std::vector<nft::GenerationInfo> generations;
  absl::Status s = Collect(exchange_, nft::GenerationQuery(),
                           "ask for the ruleset's generation", generations);
  if (!s.ok()) return s;
  if (generations.size() != 1) {
    return absl::InternalError("the kernel did not tell the generation");
  }
  if (generation_ != generations[0].id) compared_.clear();
  generation_ = generations[0].id;
  return absl::OkStatus();
}

absl::Status NftKernel::ReadElements(
    const std::string& table, const std::vector<nft::SetInfo>& sets,
    std::map<std::string, nft::SetTag>& elements) {
  for (const nft::SetInfo& set : sets) {
    if (set.name == kLeaseSet) continue;
    std::vector<nft::ElementsInfo> all;
    absl::Status s =
        Collect(exchange_, nft::ElementsQuery(table, set.name),
                absl::StrCat("read set ", set.name, " of ", table), all);
    if (!s.ok()) return s;
    nft::SetTag& held = elements[set.name];
    for (const nft::ElementsInfo& some : all) {
      held.count += some.count;
      held.fingerprint += some.fingerprint;
    }
  }
  return absl::OkStatus();
}

absl::Status NftKernel::Stage(GateId gate,
                              std::shared_ptr<const v1::StageRequest> request) {
  const absl::StatusOr<Program> program = Compile(
      gate, {request->fault_id(), request->generation(), request->digest()},
      request->flows(), request->protected_());
  if (!program.ok()) return program.status();
  nft::Batch batch = exchange_.NewBatch();
  nft::AddStage(*program, batch);
  return Commit(std::move(batch), Name("stage", gate));
}

absl::StatusOr<uint64_t> NftKernel::LeaseMillis(BootInstant expiry) const {
  const int64_t millis = absl::ToInt64Milliseconds(expiry - now_());
  if (millis < 1) {
    return absl::DeadlineExceededError("the lease's expiry has passed");
  }
  return static_cast<uint64_t>(millis);
}

absl::Status NftKernel::Shorten(GateId gate, BootInstant expiry,
                                uint64_t millis) {
  for (int i = 0;; ++i) {
    // The kernel counted from some moment before now.
    const BootInstant end = now_() + absl::Milliseconds(millis);
    if (end <= expiry + kTolerance) return absl::OkStatus();
    const absl::StatusOr<uint64_t> left = LeaseMillis(expiry);
    if (!left.ok() || i == kShortenings) break;
    millis = *left;
    nft::Batch batch = exchange_.NewBatch();
    nft::AddRefresh(gate, millis, batch);
    absl::Status s =
        Commit(std::move(batch), Name("shorten the lease of", gate));
    if (absl::IsNotFound(s)) return s;
    if (!s.ok()) break;
  }
  absl::Status removed = Remove(gate);
  if (!removed.ok()) return absl::DataLossError(removed.message());
  return absl::DeadlineExceededError(absl::StrCat(
      "this process slept while it set the lease of ", TableName(gate),
      ", which would have ended too late; the fault was removed"));
}

absl::Status NftKernel::Arm(GateId gate, WallInstant start,
                            BootInstant expiry) {
  nft::Batch batch = exchange_.NewBatch();
  // The wall clock first: whoever is put off between the two readings has an
  // earlier end, and not a later one.
  const WallInstant wall_now = WallNow();
  const absl::StatusOr<uint64_t> millis = LeaseMillis(expiry);
  if (!millis.ok()) return millis.status();
  const WallInstant end =
      wall_now + absl::Milliseconds(static_cast<int64_t>(*millis));
  nft::AddArm(gate, start, end, *millis, batch);
  absl::Status s = Commit(std::move(batch), Name("arm", gate));
  if (s.ok()) return Shorten(gate, expiry, *millis);
  if (!absl::IsNotFound(s)) return s;
  const auto table =
      exchange_.Ask(nft::TableQuery(TableName(gate)), Name("look up", gate));
  if (!table.ok()) return table.status();
  return absl::FailedPreconditionError(absl::StrCat(
      TableName(gate), " was armed before, and is never armed again"));
}

absl::Status NftKernel::Open(GateId gate) {
  nft::Batch batch = exchange_.NewBatch();
  nft::AddOpen(gate, batch);
  return Commit(std::move(batch), Name("open", gate));
}

absl::Status NftKernel::Shut(GateId gate) {
  nft::Batch batch = exchange_.NewBatch();
  nft::AddShut(gate, batch);
  return Commit(std::move(batch), Name("shut", gate));
}

absl::Status NftKernel::Refresh(GateId gate, BootInstant expiry) {
  nft::Batch batch = exchange_.NewBatch();
  const absl::StatusOr<uint64_t> millis = LeaseMillis(expiry);
  if (!millis.ok()) return millis.status();
  nft::AddRefresh(gate, *millis, batch);
  absl::Status s = Commit(std::move(batch), Name("refresh the lease of", gate));
  return s.ok() ? Shorten(gate, expiry, *millis) : s;
}

absl::Status NftKernel::Remove(GateId gate) {
  nft::Batch batch = exchange_.NewBatch();
  nft::AddRemove(gate, batch);
  compared_.erase(gate);
  absl::Status s = Commit(std::move(batch), Name("remove", gate));
  return absl::IsNotFound(s) ? absl::OkStatus() : s;
}

absl::StatusOr<KernelFault> NftKernel::Read(GateId gate) {
  const std::string table = TableName(gate);
  const std::string what = Name("read", gate);
  absl::StatusOr<nft::Objects> found =
      exchange_.Ask(nft::TableQuery(table), what);
  if (!found.ok()) return found.status();
  std::vector<nft::TableInfo> tables = Of<nft::TableInfo>(*std::move(found));
  if (tables.size() != 1) {
    return absl::InternalError(absl::StrCat(what, ": the kernel sent ",
                                            tables.size(), " tables for one"));
  }
  TableContents contents;
  contents.table = std::move(tables[0]);
  absl::Status s = NoticeForeignChanges();
  for (const char* chain :
       {kGateChain, kCutsChain, kDoomedChain, kUnarmedChain}) {
    if (s.ok()) {
      s = Collect(exchange_, nft::ChainQuery(table, chain), what,
                  contents.chains);
    }
  }
  if (s.ok()) {
    s = Collect(exchange_, nft::SetsQuery(table), what, contents.sets);
  }
  if (s.ok()) {
    s = Collect(exchange_, nft::RulesQuery(table), what, contents.rules);
  }
  if (s.ok()) {
    s = Collect(exchange_, nft::ElementsQuery(table, kLeaseSet), what,
                contents.lease);
  }
  if (!s.ok()) return s;
  KernelFault fault = Assess(gate, contents);
  if (!fault.intact || compared_.contains(gate)) return fault;
  s = ReadElements(table, contents.sets, contents.elements);
  if (!s.ok()) return s;
  fault = Assess(gate, contents);
  if (fault.intact) compared_.insert(gate);
  return fault;
}

absl::StatusOr<std::vector<KernelFault>> NftKernel::List() {
  std::vector<nft::TableInfo> tables;
  if (absl::Status s =
          Collect(exchange_, nft::TablesQuery(), "list tables", tables);
      !s.ok()) {
    return s;
  }
  std::vector<KernelFault> faults;
  for (const nft::TableInfo& table : tables) {
    const std::optional<GateId> gate = GateOfTable(table.name);
    if (!gate || table.family != NFPROTO_INET) continue;
    absl::StatusOr<KernelFault> fault = Read(*gate);
    if (absl::IsNotFound(fault.status())) continue;  // Removed meanwhile.
    if (!fault.ok()) return fault.status();
    faults.push_back(*std::move(fault));
  }
  return faults;
}

}  // namespace sunder::agent
