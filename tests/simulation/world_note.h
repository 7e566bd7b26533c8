// How the world writes its journal.

#ifndef SUNDER_TESTS_SIMULATION_WORLD_NOTE_H_
#define SUNDER_TESTS_SIMULATION_WORLD_NOTE_H_

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tests/simulation/world.h"

namespace sunder::simulation {

template <typename... Words>
void World::Note(const Words&... words) {
  if (!journal) return;
  const double at = absl::ToDoubleSeconds(now_ - options_.boot_base);
  journal(absl::StrFormat("%10.4f  ", at) + absl::StrCat(words...));
}

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_WORLD_NOTE_H_
