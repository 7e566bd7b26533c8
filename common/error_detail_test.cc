#include "common/error_detail.h"

#include "gtest/gtest.h"

namespace sunder {
namespace {

TEST(ErrorDetail, RidesOnAStatus) {
  const absl::Status s =
      ErrorWithDetail(absl::StatusCode::kAborted, "term 3 is lower than 4",
                      "STALE_TERM", "n1", "Stop the older controller.");
  ASSERT_TRUE(GetErrorDetail(s).has_value());
  EXPECT_EQ(GetErrorDetail(s)->reason(), "STALE_TERM");
  EXPECT_EQ(GetErrorDetail(s)->advice(), "Stop the older controller.");
}

TEST(ErrorDetail, APlainStatusHasNone) {
  EXPECT_FALSE(GetErrorDetail(absl::AbortedError("x")).has_value());
}

TEST(ErrorDetail, GoesAlongWithAStatusInAMessage) {
  const absl::Status s = ErrorWithDetail(absl::StatusCode::kNotFound,
                                         "no fault 77", "NO_FAULT", "77");
  EXPECT_EQ(FromStatusDetails(ToStatusDetails(s)), s);
}

}  // namespace
}  // namespace sunder
