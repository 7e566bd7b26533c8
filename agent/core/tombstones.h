// Faults that ended at this host. A tombstone stays longer than any request for
// the fault can be valid, so that late and repeated ones are refused. Owned by
// Core.

#ifndef SUNDER_AGENT_CORE_TOMBSTONES_H_
#define SUNDER_AGENT_CORE_TOMBSTONES_H_

#include <cstddef>
#include <deque>
#include <string>

#include "common/instant.h"
#include "sunder/agent/v1/agent.pb.h"

namespace sunder::agent {

class Tombstones {
 public:
  // `held.gone_ns` may be earlier than `now`; the tombstone's life begins now.
  // One that is there already for the same fault stays as it is.
  void Leave(const v1::Held& held, BootInstant now);
  void Purge(BootInstant now);

  const v1::Held* Find(const std::string& fault_id) const;
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
