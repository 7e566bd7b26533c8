// Random values from the kernel's generator.

#ifndef SUNDER_CONTROLLER_API_RANDOM_VALUES_H_
#define SUNDER_CONTROLLER_API_RANDOM_VALUES_H_

#include <cstdint>
#include <string>

namespace sunder::controller {

std::string RandomFaultId();  // 128 bits, hex.
uint64_t RandomSeed();        // Never 0.

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_RANDOM_VALUES_H_
