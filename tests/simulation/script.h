// What befalls a simulated world, as a value: drawn from a seed, written as
// text, shrunk by leaving incidents out. The same script gives the same run.

#ifndef SUNDER_TESTS_SIMULATION_SCRIPT_H_
#define SUNDER_TESTS_SIMULATION_SCRIPT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sunder::simulation {

struct Incident {
  int64_t at_ms = 0;  // Since the world began.
  std::string kind;   // One of Kinds(), in incidents.h.
  // Which host or fault, and how much: what is drawn, modulo what there is.
  int a = 0, b = 0;
};

struct Script {
  uint32_t seed = 1;  // Of delays, losses, clocks and random ids.
  int hosts = 3;
  int lost_per_mille = 0;
  int repeated_per_mille = 0;
  int slowest_ms = 2;               // A message takes up to this.
  int disk_us = 300;                // To write a record.
  bool watch = true;                // Reports reach the controllers.
  std::vector<Incident> incidents;  // In their order.
};

// Each script has its own mix of kinds, so that rare ones meet often in some.
Script DrawScript(uint32_t seed);

std::string ToText(const Script& script);
absl::StatusOr<Script> ParseScript(absl::string_view text);

}  // namespace sunder::simulation

#endif  // SUNDER_TESTS_SIMULATION_SCRIPT_H_
