// Carries one kernel operation out. Shared by the agent's shell and the models.

#ifndef SUNDER_AGENT_CORE_CARRY_OUT_H_
#define SUNDER_AGENT_CORE_CARRY_OUT_H_

#include <functional>

#include "agent/core/actions.h"
#include "agent/core/kernel.h"
#include "common/instant.h"

namespace sunder::agent {

// What the wall clock will show at an instant, if nobody sets it until then.
using ToWall = std::function<WallInstant(BootInstant)>;

OpResult CarryOut(const KernelOp& op, Kernel& kernel, const ToWall& to_wall);

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_CORE_CARRY_OUT_H_
