// What needs a process of its own: death in the middle of a write, a disk that
// is full, rights that root does not lack.

#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <functional>

#include "common/unique_fd.h"
#include "controller/store/sqlite_store.h"
#include "controller/store/temp_dir.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

constexpr rlim_t kSmallDisk = 256 << 10;

// Runs `body` in a child and returns its exit code.
int InChild(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const TempDir& dir) {
  return SqliteStore::Open(dir.path(), WallInstant(), 0);
}

// Puts and deletes without end; a byte on `answered` for every Put that is
// done.
[[noreturn]] void WriteForever(const TempDir& dir, int answered) {
  auto store = Open(dir);
  if (!store.ok()) _exit(1);
  for (int i = 0;; ++i) {
    const std::string id = std::to_string(i);
    if (!(*store)->Put(id, id + std::string(2000, 'r')).ok()) _exit(2);
    if (write(answered, "x", 1) != 1) _exit(3);
  }
}

TEST(SqliteStoreCrash, KeepsWhatWasAnsweredWhenKilledInTheMiddleOfWrites) {
  for (int round = 0; round < 5; ++round) {
    TempDir dir;
    std::array<int, 2> pipes{};
    ASSERT_EQ(pipe(pipes.data()), 0);
    UniqueFd in(pipes[0]), out(pipes[1]);
    const pid_t child = fork();
    if (child == 0) WriteForever(dir, out.get());
    out.Reset();
    int answered = 0;
    char byte = 0;
    while (answered < 20 + 17 * round && read(in.get(), &byte, 1) == 1) {
      ++answered;
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    while (read(in.get(), &byte, 1) == 1) ++answered;

    auto store = *Open(dir);
    EXPECT_GT(store->term(), 1u);
    const auto records = *store->Load();
    EXPECT_GE(records.size(), static_cast<size_t>(answered));
    EXPECT_LE(records.size(), static_cast<size_t>(answered) + 1);
    for (const auto& [id, record] : records) {
      EXPECT_EQ(record, id + std::string(2000, 'r'));
    }
  }
}

// A limit on the size of files stands in for the full disk: both fail the
// write.
TEST(SqliteStoreCrash, AFullDiskFailsTheWriteAndLosesNothingThatWasDone) {
  TempDir dir;
  const int done = InChild([&] {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{kSmallDisk, kSmallDisk};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return -1;
    auto store = Open(dir);
    if (!store.ok()) return -1;
    for (int i = 0; i < 1000; ++i) {
      const std::string id = std::to_string(i);
      const absl::Status put = (*store)->Put(id, std::string(20'000, 'r'));
      if (put.ok()) continue;
      auto loaded = (*store)->Load();
      const bool same = loaded.ok() && loaded->size() == size_t(i);
      return same && !put.message().empty() ? i : -1;
    }
    return -1;
  });
  ASSERT_GT(done, 0);
  EXPECT_EQ((*Open(dir))->Load()->size(), static_cast<size_t>(done));
}

TEST(SqliteStoreCrash, ADirectoryWithoutRightsIsRefusedAndNamed) {
  TempDir dir;
  ASSERT_EQ(chmod(dir.path().c_str(), 0555), 0);
  const int code = InChild([&] {
    if (getuid() == 0 && setuid(65534) != 0) return -1;
    const absl::Status refused = Open(dir).status();
    const bool named =
        std::string(refused.message()).find(dir.path()) != std::string::npos;
    return absl::IsPermissionDenied(refused) && named ? 0 : 1;
  });
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace sunder::controller
