#include "controller/api/random_values.h"

#include <random>

#include "absl/strings/str_cat.h"

namespace sunder::controller {
namespace {

uint64_t Random64() {
  // A thin shell over getrandom or the like; it keeps no state of its own.
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

}  // namespace

std::string RandomFaultId() {
  return absl::StrCat(absl::Hex(Random64(), absl::kZeroPad16),
                      absl::Hex(Random64(), absl::kZeroPad16));
}

uint64_t RandomSeed() {
  uint64_t seed = 0;
  while (seed == 0) seed = Random64();
  return seed;
}

}  // namespace sunder::controller
