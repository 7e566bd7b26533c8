// Plays a script in a world and lets it come to rest, the invariants checked
// at each step; and makes a script that fails as short as it will get.

#ifndef SUNDER_TESTS_SIMULATION_WALK_H_
#define SUNDER_TESTS_SIMULATION_WALK_H_

#include <cstdint>
#include <functional>
#include <string>

#include "tests/simulation/script.h"

namespace sunder::simulation {

struct Outcome {
  std::string violation;  // The first; empty: all held.
  uint64_t steps = 0;     // Until then.
  int dropped = 0;        // Faults that dropped packets at some time.
  int followed = 0;       // Faults that followed their members.
};

// Stops at the first violation. `journal` is told what happens.
Outcome Play(const Script& script,
             const std::function<void(const std::string&)>& journal = {});

// A script that also fails, of which no incident can be left out.
Script Shrink(const Script& failing);

// For people: what failed, the script, and what happened in it.
std::string Explain(const Script& failing);

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_WALK_H_
