#include "agent/rules/compile.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "agent/rules/assembler.h"
#include "agent/rules/read_flow.h"
#include "agent/rules/set_pool.h"
#include "common/error_detail.h"

namespace sunder::agent {
namespace {

// Both have to fit into a table's user data together with the rest.
constexpr size_t kMaxFaultId = 64;
constexpr size_t kMaxDigest = 64;

// More than a million endpoints, whose sets take a multiple of it in the
// kernel: what a request asks for must not cost the host its memory.
constexpr size_t kMaxKeyBytes = size_t{64} << 20;

absl::Status CheckKey(const FaultKey& key) {
  absl::string_view subject;
  if (key.fault_id.empty() || key.fault_id.size() > kMaxFaultId) {
    subject = "fault_id";
  } else if (key.digest.size() > kMaxDigest) {
    subject = "digest";
  } else {
    return absl::OkStatus();
  }
  return ErrorWithDetail(
      absl::StatusCode::kInvalidArgument,
      absl::StrCat(subject, " is empty or longer than 64 bytes"), "INVALID_KEY",
      subject);
}

// Without neighbour discovery a host's own control channel dies as soon as its
// neighbour entries age.
void SpareNeighbourDiscovery(SetPool& pool, Program& program) {
  std::string types;
  for (int type = ND_ROUTER_SOLICIT; type <= ND_REDIRECT; ++type) {
    types.push_back(static_cast<char>(type));
  }
  Rule rule{Family::kIpv6, {}};
  rule.matches.push_back(Equals{Field::kProtocol, {IPPROTO_ICMPV6}});
  rule.matches.push_back(
      pool.AddHash(Family::kIpv6, {Field::kIcmpType}, std::move(types)));
  program.spares.push_back(std::move(rule));
}

}  // namespace

absl::StatusOr<Program> Compile(
    GateId gate, const FaultKey& key,
    const google::protobuf::RepeatedPtrField<sunder::v1::Flow>& flows,
    const google::protobuf::RepeatedPtrField<sunder::v1::ProtectedTuple>&
        protected_tuples) {
  if (absl::Status s = CheckKey(key); !s.ok()) return s;
  BoxReader reader;
  Assembler spares, cuts;
  for (int i = 0; i < protected_tuples.size(); ++i) {
    absl::Status s = reader.ReadProtected(
        protected_tuples[i], i, [&](const BoxView& box) { spares.Add(box); });
    if (!s.ok()) return s;
  }
  for (int i = 0; i < flows.size(); ++i) {
    absl::Status s = reader.ReadFlow(
        flows[i], i, [&](const BoxView& box) { cuts.Add(box); });
    if (!s.ok()) return s;
    if (spares.key_bytes() + cuts.key_bytes() > kMaxKeyBytes) {
      return ErrorWithDetail(
          absl::StatusCode::kInvalidArgument,
          "the flows multiply to more than 64 MiB of keys: name fewer members",
          "TOO_LARGE", "flows");
    }
  }
  Program program;
  program.gate = gate;
  program.key = key;
  SetPool pool(program);
  SpareNeighbourDiscovery(pool, program);
  std::move(spares).Finish(pool, program.spares);
  std::move(cuts).Finish(pool, program.cuts);
  return program;
}

}  // namespace sunder::agent
