#include "controller/planner/port_set.h"

#include <algorithm>
#include <iterator>

namespace sunder::controller {

void PortSet::Add(uint32_t first, uint32_t last) {
  auto next = last_by_first_.upper_bound(first);
  if (next != last_by_first_.begin()) {
    const auto before = std::prev(next);
    if (before->second + 1 >= first) {
      first = before->first;
      last = std::max(last, before->second);
      next = last_by_first_.erase(before);
    }
  }
  while (next != last_by_first_.end() && next->first <= last + 1) {
    last = std::max(last, next->second);
    next = last_by_first_.erase(next);
  }
  last_by_first_.emplace_hint(next, first, last);
}

void PortSet::Add(const PortSet& other) {
  for (const auto& [first, last] : other.last_by_first_) Add(first, last);
}

PortSet PortSet::Of(const Ranges& ranges) {
  PortSet set;
  for (const v1::PortRange& range : ranges) {
    set.Add(range.first(), range.last());
  }
  return set;
}

PortSet PortSet::Intersection(const PortSet& other) const {
  PortSet both;
  auto a = last_by_first_.begin();
  auto b = other.last_by_first_.begin();
  while (a != last_by_first_.end() && b != other.last_by_first_.end()) {
    const uint32_t first = std::max(a->first, b->first);
    const uint32_t last = std::min(a->second, b->second);
    if (first <= last) both.Add(first, last);
    (a->second < b->second ? a : b)++;
  }
  return both;
}

PortSet::Ranges PortSet::ToProto() const {
  Ranges ranges;
  for (const auto& [first, last] : last_by_first_) {
    v1::PortRange& range = *ranges.Add();
    range.set_first(first);
    range.set_last(last);
  }
  return ranges;
}

}  // namespace sunder::controller
