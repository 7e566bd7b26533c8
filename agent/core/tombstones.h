// Generations of faults that ended at this host. A tombstone stays longer than
// any request for them can be valid, so that late and repeated ones are
// refused. It covers its generation and all before it; every one if the fault
// was healed as a whole. Owned by Core.

#ifndef SUNDER_AGENT_CORE_TOMBSTONES_H_
#define SUNDER_AGENT_CORE_TOMBSTONES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

class Tombstones {
 public:
  // `held.gone_ns` may be earlier than `now`; the tombstone's life begins now.
  // One that is there already for the same generation stays as it is.
  void Leave(const v1::Held& held, BootInstant now);
  void Purge(BootInstant now);

  // From now on those of the fault cover every generation.
  void MakeWhole(const std::string& fault_id);

  // The generation's own, else one that covers it. 0 asks for every generation:
  // the highest there is.
  const v1::Held* Find(const std::string& fault_id, uint64_t generation) const;
  size_t size() const { return stones_.size(); }

  template <typename Visit>  // void(const v1::Held&), oldest first
  void ForEach(Visit visit) const {
    for (const Stone& stone : stones_) visit(stone.held);
  }

 private:
  struct Stone {
    v1::Held held;
    BootInstant left;
  };
  std::deque<Stone> stones_;  // Oldest first.
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_TOMBSTONES_H_
