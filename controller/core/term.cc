#include "controller/core/term.h"

#include <algorithm>

namespace sunder::controller {

uint64_t NextTerm(uint64_t last, WallInstant now, uint64_t random) {
  constexpr int kBits = 28;  // With 34 for the seconds it is an int64_t's.
  const auto seconds =
      static_cast<uint64_t>(std::max<int64_t>(now.nanos(), 0) / 1'000'000'000);
  return std::max(last, seconds << kBits) + 1 + (random >> (64 - kBits));
}

}  // namespace sunder::controller
