// The fencing number of a controller: agents obey the highest that they have
// heard of. Pure.

#ifndef SUNDER_CONTROLLER_CORE_TERM_H_
#define SUNDER_CONTROLLER_CORE_TERM_H_

#include <cstdint>

#include "common/instant.h"

namespace sunder::controller {

// The term of a controller that starts. It is above `last`, the one that its
// disk knows; as high as the clock, so that agents also follow where the disk
// was lost or is an old copy; and nobody else's: two controllers on copies of
// one disk may start within the same second, and would both be obeyed. `random`
// is any 64 bits.
uint64_t NextTerm(uint64_t last, WallInstant now, uint64_t random);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_TERM_H_
