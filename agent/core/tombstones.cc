#include "agent/core/tombstones.h"

#include <algorithm>
#include <string>

#include "agent/core/limits.h"

namespace sunder::agent {

void Tombstones::Leave(const v1::Held& held, BootInstant now) {
  if (Find(held.fault_id()) == nullptr) stones_.push_back({held, now});
}

void Tombstones::Purge(BootInstant now) {
  while (!stones_.empty() && now - stones_.front().left > kTombstoneLife) {
    stones_.pop_front();
  }
}

const v1::Held* Tombstones::Find(const std::string& fault_id) const {
  const auto it = std::find_if(
      stones_.begin(), stones_.end(),
      [&](const Stone& stone) { return stone.held.fault_id() == fault_id; });
  return it == stones_.end() ? nullptr : &it->held;
}

}  // namespace sunder::agent
