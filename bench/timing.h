// How the benchmarks take times.

#ifndef SUNDER_BENCH_TIMING_H_
#define SUNDER_BENCH_TIMING_H_

#include <chrono>

#include "absl/functional/function_ref.h"
#include "benchmark/benchmark.h"

namespace sunder::bench {

inline double Seconds(absl::FunctionRef<void()> work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin)
      .count();
}

inline void Time(::benchmark::State& state, absl::FunctionRef<void()> work) {
  state.SetIterationTime(Seconds(work));
}

// Two contestants right after each other, by turns in either order: what else
// happens on a machine comes and goes slower than that. Each returns seconds.
// The time is the first one's; the counter `rival` is the second's.
inline void Pair(::benchmark::State& state, absl::FunctionRef<double()> own,
                 absl::FunctionRef<double()> rival) {
  static bool own_first = false;
  own_first = !own_first;
  double seconds = own_first ? own() : 0;
  state.counters["rival"] = rival();
  if (!own_first) seconds = own();
  state.SetIterationTime(seconds);
}

}  // namespace sunder::bench

#endif  // SUNDER_BENCH_TIMING_H_
