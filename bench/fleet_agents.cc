// Many simulated agents in one process: fleet_agents DIRECTORY FIRST COUNT
// serves hosts h<FIRST>... on DIRECTORY/h<N>.sock until it is ended.

#include <signal.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "controller/fleet/fake_agent.h"

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: fleet_agents DIRECTORY FIRST COUNT\n");
    return 2;
  }
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &end, nullptr);  // Before any thread begins.
  const int first = std::atoi(argv[2]);
  std::vector<std::unique_ptr<sunder::controller::FakeAgent>> agents;
  for (int i = first; i < first + std::atoi(argv[3]); ++i) {
    const std::string name = absl::StrCat("h", i);
    agents.push_back(std::make_unique<sunder::controller::FakeAgent>(
        name, absl::StrCat(argv[1], "/", name, ".sock")));
  }
  std::puts("ready");
  std::fflush(stdout);
  int number = 0;
  sigwait(&end, &number);
  std::_Exit(0);  // A thousand servers that stop one after another take long.
}
