#include "agent/kernel/assess.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "agent/nft/linux_nftables.h"
#include "agent/nft/user_data.h"
#include "agent/rules/program.h"

namespace sunder::agent {
namespace {

using nft::RuleTag;

bool HasChain(const TableContents& contents, absl::string_view name) {
  return std::any_of(
      contents.chains.begin(), contents.chains.end(),
      [&](const auto& c) { return c.name == std::string(name); });
}

bool HasBaseChain(const TableContents& contents) {
  return std::any_of(contents.chains.begin(), contents.chains.end(),
                     [](const nft::ChainInfo& c) {
                       return c.name == kCutsChain && c.is_base &&
                              c.hook == NF_INET_PRE_ROUTING;
                     });
}

std::vector<nft::RuleInfo> RulesOf(const TableContents& contents,
                                   absl::string_view chain) {
  std::vector<nft::RuleInfo> rules;
  for (const nft::RuleInfo& rule : contents.rules) {
    if (rule.chain == std::string(chain)) rules.push_back(rule);
  }
  return rules;
}

bool SetsAreWhole(const TableContents& contents, const nft::TableTag& tag) {
  std::map<std::string, std::string> user_data;
  for (const nft::SetInfo& set : contents.sets) {
    user_data[set.name] = set.user_data;
  }
  if (user_data.size() != size_t{tag.sets} + 1 ||
      !user_data.contains(kLeaseSet)) {
    return false;
  }
  for (uint32_t i = 0; i < tag.sets; ++i) {
    const auto set = user_data.find(absl::StrCat("set", i));
    if (set == user_data.end()) return false;
    const auto made = nft::DecodeSetTag(set->second);
    const auto held = contents.elements.find(set->first);
    if (!made.ok() ||
        (held != contents.elements.end() && held->second != *made)) {
      return false;
    }
  }
  return true;
}

// The tag of a rule that is as we made it.
std::optional<RuleTag> TagOf(const nft::RuleInfo& rule) {
  const auto tag = nft::DecodeRuleTag(rule.user_data);
  if (!tag.ok() || tag->fingerprint != rule.fingerprint) return std::nullopt;
  return *tag;
}

// `wanted` says nothing of fingerprints.
bool RulesAre(const std::vector<RuleTag>& wanted,
              const std::vector<nft::RuleInfo>& rules) {
  return std::equal(rules.begin(), rules.end(), wanted.begin(), wanted.end(),
                    [](const nft::RuleInfo& rule, const RuleTag& tag) {
                      const auto found = TagOf(rule);
                      return found && found->kind == tag.kind &&
                             found->index == tag.index;
                    });
}

bool RulesAreWhole(const TableContents& contents, const nft::TableTag& tag) {
  std::vector<RuleTag> cuts, doomed;
  for (uint32_t i = 0; i < tag.cuts; ++i) {
    cuts.push_back({RuleTag::Kind::kCut, i});
  }
  for (uint32_t i = 0; i < tag.spares; ++i) {
    doomed.push_back({RuleTag::Kind::kSpare, i});
  }
  doomed.push_back({RuleTag::Kind::kDrop, 0});
  return RulesAre(cuts, RulesOf(contents, kCutsChain)) &&
         RulesAre(doomed, RulesOf(contents, kDoomedChain));
}

GateState StateOf(const std::vector<nft::RuleInfo>& gate_rules) {
  for (const nft::RuleInfo& rule : gate_rules) {
    const auto tag = TagOf(rule);
    if (!tag) continue;
    if (tag->kind == RuleTag::Kind::kOpenGate) return GateState::kOpen;
    if (tag->kind == RuleTag::Kind::kTimedGate) return GateState::kTimed;
  }
  return GateState::kShut;
}

// Never armed: no rule at the gate, and the mark is there. Armed: one rule of
// ours, and the mark is gone.
bool GateIsWhole(const TableContents& contents, GateState state,
                 size_t gate_rules) {
  const bool is_armed = state != GateState::kShut;
  return HasChain(contents, kGateChain) && gate_rules == (is_armed ? 1u : 0u) &&
         HasChain(contents, kUnarmedChain) != is_armed;
}

// Sets the time left of the lease. False where the set holds what we never put
// there: an element for ever, or another key.
bool ReadLease(GateId gate, const TableContents& contents, KernelFault& fault) {
  char key[sizeof gate];
  std::memcpy(key, &gate, sizeof gate);
  bool is_ours = true;
  for (const nft::ElementsInfo& some : contents.lease) {
    is_ours = is_ours && some.count == some.timed.size();
    for (const nft::TimedElement& element : some.timed) {
      if (element.key != std::string(key, sizeof key)) {
        is_ours = false;
        continue;
      }
      // Bounded first: a duration made of a huge number would overflow.
      constexpr uint64_t kMost = uint64_t{1} << 40;
      fault.lease_left = absl::Milliseconds(
          static_cast<int64_t>(std::min(element.expiration_millis, kMost)));
    }
  }
  return is_ours;
}

}  // namespace

KernelFault Assess(GateId gate, const TableContents& contents) {
  KernelFault fault;
  fault.gate = gate;
  const std::vector<nft::RuleInfo> gate_rules = RulesOf(contents, kGateChain);
  fault.state = StateOf(gate_rules);
  for (const nft::RuleInfo& rule : contents.rules) {
    fault.dropped_packets += rule.packets;
    fault.dropped_bytes += rule.bytes;
  }
  const bool lease_is_ours = ReadLease(gate, contents, fault);
  const auto tag = nft::DecodeTableTag(contents.table.user_data);
  if (!tag.ok()) return fault;
  fault.key = tag->key;
  fault.intact = lease_is_ours && HasBaseChain(contents) &&
                 HasChain(contents, kDoomedChain) &&
                 SetsAreWhole(contents, *tag) &&
                 RulesAreWhole(contents, *tag) &&
                 GateIsWhole(contents, fault.state, gate_rules.size());
  return fault;
}

}  // namespace sunder::agent
