// The kinds of things that befall a simulated world.

#ifndef SUNDER_TESTS_SIMULATION_INCIDENTS_H_
#define SUNDER_TESTS_SIMULATION_INCIDENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/simulation/world.h"

namespace sunder::simulation {

// A world, and what a walk remembers of it.
struct Walked {
  Walked(int hosts, uint32_t seed) : world(hosts, seed) {}

  World world;
  std::vector<std::string> ids;  // Of the faults that were created.
  bool went_back = false;        // A database was lost or put back.
};

// Who does it.
enum class Who {
  kRecovery,  // In every script: without it little would happen.
  kUser,
  kHost,
  kOperator,
  kNetwork,
  kController,
};

struct Kind {
  absl::string_view name;
  Who who = Who::kRecovery;
  // Does nothing where it makes no sense just then.
  void (*befall)(Walked& walked, int a, int b) = nullptr;
};

const std::vector<Kind>& Kinds();

// Null: there is none of that name.
const Kind* FindKind(absl::string_view name);

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_INCIDENTS_H_
