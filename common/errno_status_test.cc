#include "common/errno_status.h"

#include <errno.h>

#include "gtest/gtest.h"

namespace sunder {
namespace {

TEST(ErrnoStatus, NamesWhatWasAttemptedAndWhyItFailed) {
  const absl::Status s = ErrnoStatus(ENOENT, "open /run/x");
  EXPECT_EQ(s.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(s.message(), "open /run/x: No such file or directory");
}

TEST(ErrnoStatus, AnUnmappedErrorIsStillAnError) {
  EXPECT_EQ(ErrnoStatus(ELIBBAD, "x").code(), absl::StatusCode::kUnknown);
}

}  // namespace
}  // namespace sunder
