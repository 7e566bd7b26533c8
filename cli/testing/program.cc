#include "cli/testing/program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <utility>

#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

constexpr absl::Duration kPoll = absl::Milliseconds(5);

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

// A new file name in `directory` for each process of a test.
std::string NewName(const std::string& directory, const std::string& what) {
  static int number = 0;
  return directory + "/" + what + std::to_string(number++);
}

}  // namespace

Program::Program(const std::string& path,
                 const std::vector<std::string>& arguments,
                 const std::string& directory, Where where,
                 const std::vector<std::string>& environment)
    : out_path_(NewName(directory, "out")),
      err_path_(NewName(directory, "err")) {
  std::vector<std::string> argv = {path};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  std::vector<std::string> envp = {"TZ=UTC", "TERM=xterm",
                                   std::string("PATH=") + getenv("PATH")};
  envp.insert(envp.end(), environment.begin(), environment.end());

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  if (where == Where::kTerminal) {
    terminal_ = UniqueFd(posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK));
    EXPECT_EQ(grantpt(terminal_.get()), 0);
    EXPECT_EQ(unlockpt(terminal_.get()), 0);
    const std::string device = ptsname(terminal_.get());
    for (const int fd : {1, 2}) {
      posix_spawn_file_actions_addopen(&actions, fd, device.c_str(),
                                       O_RDWR | O_NOCTTY, 0);
    }
  } else {
    constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC;
    posix_spawn_file_actions_addopen(&actions, 1, out_path_.c_str(), kFlags,
                                     0600);
    posix_spawn_file_actions_addopen(&actions, 2, err_path_.c_str(), kFlags,
                                     0600);
  }
  running_ = posix_spawn(&pid_, path.c_str(), &actions, nullptr,
                         Pointers(argv).data(), Pointers(envp).data()) == 0;
  EXPECT_TRUE(running_) << path;
  posix_spawn_file_actions_destroy(&actions);
}

Program::~Program() {
  if (!running_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Program::Signal(int signal) { kill(pid_, signal); }

int Program::Wait(absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (running_) {
    int status = 0;
    // What nobody reads would stop it in the end.
    ReadTerminal();
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      running_ = false;
      code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (absl::Now() >= deadline) {
      return -1;
    } else {
      absl::SleepFor(kPoll);  // bounded wait
    }
  }
  return code_;
}

bool Program::AwaitOut(const std::string& text, absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  while (Out().find(text) == std::string::npos) {
    if (absl::Now() >= deadline) return false;
    absl::SleepFor(kPoll);  // bounded wait
  }
  return true;
}

std::string Program::Out() {
  if (!terminal_.valid()) return ReadFile(out_path_);
  ReadTerminal();
  return shown_;
}

std::string Program::Err() { return ReadFile(err_path_); }

void Program::ReadTerminal() {
  if (!terminal_.valid()) return;
  char buffer[4096];
  ssize_t n = 0;
  while ((n = read(terminal_.get(), buffer, sizeof(buffer))) > 0) {
    shown_.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace sunder::cli
