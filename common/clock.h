// Reads the process's clocks. Only shells call these; cores are given instants.

#ifndef SUNDER_COMMON_CLOCK_H_
#define SUNDER_COMMON_CLOCK_H_

#include "common/instant.h"

namespace sunder {

BootInstant BootNow();  // CLOCK_BOOTTIME
WallInstant WallNow();  // CLOCK_REALTIME

}  // namespace sunder

#endif  // SUNDER_COMMON_CLOCK_H_
