#include "agent/core/tombstones.h"

#include <algorithm>
#include <string>

#include "agent/core/limits.h"

namespace sunder::agent {

void Tombstones::Leave(const v1::Held& held, BootInstant now) {
  const bool there =
      std::any_of(stones_.begin(), stones_.end(), [&](const Stone& stone) {
        return stone.held.fault_id() == held.fault_id() &&
               stone.held.generation() == held.generation();
      });
  if (!there) stones_.push_back({held, now});
}

void Tombstones::MakeWhole(const std::string& fault_id) {
  for (Stone& stone : stones_) {
    if (stone.held.fault_id() == fault_id) stone.held.set_whole(true);
  }
}

void Tombstones::Purge(BootInstant now) {
  while (!stones_.empty() && now - stones_.front().left > kTombstoneLife) {
    stones_.pop_front();
  }
}

const v1::Held* Tombstones::Find(const std::string& fault_id,
                                 uint64_t generation) const {
  const v1::Held* found = nullptr;
  for (const Stone& stone : stones_) {
    const v1::Held& held = stone.held;
    if (held.fault_id() != fault_id) continue;
    if (generation != 0 && held.generation() == generation) return &held;
    const bool covers =
        generation == 0 || held.whole() || held.generation() > generation;
    if (!covers) continue;
    if (found == nullptr || found->generation() < held.generation()) {
      found = &held;
    }
  }
  return found;
}

}  // namespace sunder::agent
