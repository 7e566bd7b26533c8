#include "controller/core/merge_flows.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "common/address.h"

namespace sunder::controller {
namespace {

using Addresses = google::protobuf::RepeatedPtrField<std::string>;

// In the order of numbers and not of text, as the keys of an agent's set are:
// it need not look for the same key twice then.
void SortUnique(Addresses& addresses) {
  std::vector<std::pair<std::optional<Prefix>, std::string>> sorted;
  sorted.reserve(addresses.size());
  for (std::string& text : addresses) {
    const absl::StatusOr<Prefix> prefix = Prefix::Parse(text);
    sorted.emplace_back(prefix.ok() ? std::optional(*prefix) : std::nullopt,
                        std::move(text));
  }
  std::sort(sorted.begin(), sorted.end());
  sorted.erase(std::unique(sorted.begin(), sorted.end()), sorted.end());
  addresses.Clear();
  for (auto& [_, text] : sorted) addresses.Add(std::move(text));
}

// Flows that are equal but for the addresses in `side` become one. Empty means
// anybody there, and is left alone.
template <typename Side>
Flows MergeBy(Flows flows, Side side) {
  Flows merged;
  absl::flat_hash_map<std::string, int> index_of;
  for (sunder::v1::Flow& flow : flows) {
    Addresses addresses;
    addresses.Swap(side(flow));
    std::string rest = flow.SerializeAsString();
    if (addresses.empty()) rest += "anybody";
    const auto [known, is_new] = index_of.try_emplace(rest, merged.size());
    if (is_new) *merged.Add() = std::move(flow);
    Addresses& all = *side(merged[known->second]);
    if (all.empty()) {
      all.Swap(&addresses);
    } else {
      for (std::string& address : addresses) all.Add(std::move(address));
    }
  }
  for (sunder::v1::Flow& flow : merged) SortUnique(*side(flow));
  return merged;
}

}  // namespace

Flows MergeFlows(const Flows& flows) {
  Flows result = flows;
  for (sunder::v1::Flow& flow : result) {
    flow.clear_label();
    SortUnique(*flow.mutable_sources());
    SortUnique(*flow.mutable_destinations());
  }
  result = MergeBy(std::move(result), [](sunder::v1::Flow& flow) {
    return flow.mutable_sources();
  });
  return MergeBy(std::move(result), [](sunder::v1::Flow& flow) {
    return flow.mutable_destinations();
  });
}

}  // namespace sunder::controller
