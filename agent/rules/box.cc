#include "agent/rules/box.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

namespace sunder::agent {
namespace {

// True where `next` is `value` + 1.
bool Follows(Value value, const Value& next, size_t bytes) {
  for (size_t i = bytes; i-- > 0;) {
    if (++value[i] != 0) return value == next;
  }
  return false;  // `value` was the greatest one.
}

void NormalizeChoice(Choice& choice, size_t bytes) {
  if (choice.kind == Choice::Kind::kRanges) {
    Normalize(choice.ranges, bytes);
  } else {
    std::sort(choice.ranges.begin(), choice.ranges.end());
    choice.ranges.erase(std::unique(choice.ranges.begin(), choice.ranges.end()),
                        choice.ranges.end());
  }
}

// Joins the boxes that differ in `field` only.
void MergeAlong(Choice Box::*field, size_t (*bytes_of)(const Box&),
                std::vector<Box>& boxes) {
  using Rest = std::tuple<Family, Protocols, uint8_t, PortSide, Choice::Kind,
                          Choice, Choice, Choice>;
  std::map<Rest, Box> merged;
  for (Box& box : boxes) {
    Choice choice = std::exchange(box.*field, Choice{});
    Rest rest(box.family, box.protocols, box.protocol, box.port_side,
              choice.kind, box.source, box.destination, box.ports);
    const auto [it, is_new] = merged.try_emplace(std::move(rest));
    if (is_new) {
      it->second = std::move(box);
      it->second.*field = std::move(choice);
    } else {
      std::vector<Range>& all = (it->second.*field).ranges;
      all.insert(all.end(), choice.ranges.begin(), choice.ranges.end());
    }
  }
  boxes.clear();
  for (auto& [rest, box] : merged) {
    NormalizeChoice(box.*field, bytes_of(box));
    boxes.push_back(std::move(box));
  }
}

size_t AddressBytes(const Box& box) {
  return FieldBytes(Field::kSource, box.family);
}

size_t PortBytes(const Box& box) {
  return FieldBytes(Field::kSourcePort, box.family);
}

}  // namespace

bool ProductIsAtMost(std::initializer_list<size_t> factors, size_t most) {
  size_t product = 1;
  for (const size_t factor : factors) {
    // Not multiplied first: a product of large numbers wraps round to a small.
    if (product > most / factor) return false;
    product *= factor;
  }
  return product <= most;
}

void Normalize(std::vector<Range>& ranges, size_t bytes) {
  std::sort(ranges.begin(), ranges.end());
  size_t kept = 0;
  for (const Range& range : ranges) {
    Range* const before = kept == 0 ? nullptr : &ranges[kept - 1];
    if (before != nullptr && (range.first <= before->last ||
                              Follows(before->last, range.first, bytes))) {
      before->last = std::max(before->last, range.last);
    } else {
      ranges[kept++] = range;
    }
  }
  ranges.resize(kept);
}

void Merge(std::vector<Box>& boxes) {
  for (Box& box : boxes) {
    NormalizeChoice(box.source, AddressBytes(box));
    NormalizeChoice(box.destination, AddressBytes(box));
    NormalizeChoice(box.ports, PortBytes(box));
  }
  MergeAlong(&Box::source, AddressBytes, boxes);
  MergeAlong(&Box::destination, AddressBytes, boxes);
  MergeAlong(&Box::ports, PortBytes, boxes);
}

}  // namespace sunder::agent
