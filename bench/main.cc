// Everything happens in a network namespace of its own.

#include <sched.h>

#include <cstdio>

#include "benchmark/benchmark.h"

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  if (unshare(CLONE_NEWNET) != 0) {
    perror("unshare (are you root?)");
    return 1;
  }
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
