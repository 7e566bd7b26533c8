// Random numbers that depend on the seed alone, on every platform: the standard
// library's shuffle and distributions differ from one to the next, and a seed
// that a person kept must pick the same members next year.

#ifndef SUNDER_CONTROLLER_PLANNER_RANDOM_H_
#define SUNDER_CONTROLLER_PLANNER_RANDOM_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace sunder::controller {

// SplitMix64. Not for secrets.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next();
  // Uniform in [0, bound). `bound` must not be 0.
  uint64_t Below(uint64_t bound);

 private:
  uint64_t state_;
};

// Every order is equally likely.
template <typename T>
void Shuffle(std::vector<T>& items, Random& random) {
  for (size_t left = items.size(); left > 1; --left) {
    std::swap(items[left - 1], items[random.Below(left)]);
  }
}

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_RANDOM_H_
