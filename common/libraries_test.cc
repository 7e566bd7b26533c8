#include "common/libraries.h"

#include <stdlib.h>

#include <thread>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "openssl/err.h"

namespace sunder {
namespace {

absl::Notification& MainIsOver() {
  static auto* const kOver = new absl::Notification();
  return *kOver;
}

std::thread& LastThread() {
  static auto* const kThread = new std::thread();
  return *kThread;
}

[[noreturn]] void ExitBeforeAThreadThatUsedLibcrypto() {
  // Registered first, so called last.
  atexit([] {
    MainIsOver().Notify();
    LastThread().join();
  });
  InitLibraries();
  absl::Notification used;
  LastThread() = std::thread([&used] {
    ERR_raise(ERR_LIB_USER, 1);  // Has a state of its own from here on.
    used.Notify();
    MainIsOver().WaitForNotification();
  });
  used.WaitForNotification();
  exit(0);
}

// What is left behind only a build with the leak sanitizer notices.
TEST(LibrariesDeathTest, ThreadThatOutlivesMainLeavesNothingOfLibcryptoBehind) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(ExitBeforeAThreadThatUsedLibcrypto(), testing::ExitedWithCode(0),
              "");
}

}  // namespace
}  // namespace sunder
