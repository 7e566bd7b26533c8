#include "controller/planner/random.h"

namespace sunder::controller {

uint64_t Random::Next() {
  state_ += 0x9e3779b97f4a7c15u;
  uint64_t z = state_;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint64_t Random::Below(uint64_t bound) {
  // The first 2^64 mod `bound` values would make the small results likelier.
  const uint64_t skipped = (0 - bound) % bound;
  uint64_t value = Next();
  while (value < skipped) value = Next();
  return value % bound;
}

}  // namespace sunder::controller
