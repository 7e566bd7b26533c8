#include "agent/core/admission.h"

#include <limits>

#include "absl/time/time.h"
#include "common/error_detail.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

const BootInstant kBootNow = BootInstant::FromNanos(1'000'000'000'000);

TEST(AsInstant, EveryNumberCanBeReckonedWith) {
  for (int64_t nanos : {std::numeric_limits<int64_t>::min(),
                        std::numeric_limits<int64_t>::max()}) {
    const BootInstant at = AsInstant(nanos);
    EXPECT_LE(absl::AbsDuration(at - kBootNow), absl::Hours(24) * 365 * 293);
    EXPECT_GE(at + absl::Hours(1), at);
  }
  EXPECT_EQ(AsInstant(kBootNow.nanos()), kBootNow);
}

TEST(TombstoneRefusal, SaysHowTheFaultEnded) {
  v1::Held held;
  held.set_fault_id("f1");
  held.set_state(v1::STATE_EXPIRED);
  held.set_reason("its lease ran out");
  const absl::Status status = TombstoneRefusal(held);
  EXPECT_EQ(GetErrorDetail(status)->reason(), "EXPIRED");
  EXPECT_EQ(status.message(),
            "fault f1 is EXPIRED at this host: its lease ran out");
  held.set_state(v1::STATE_HEALED);
  EXPECT_EQ(GetErrorDetail(TombstoneRefusal(held))->reason(), "TOMBSTONE");
}

TEST(CheckKeepAlive, AnExpiryBeyondTheEndMeansTheEnd) {
  v1::KeepAliveRequest request;
  request.set_expiry_ns((kBootNow + absl::Seconds(5)).nanos());
  EXPECT_TRUE(
      CheckKeepAlive(request, kBootNow + absl::Seconds(1), kBootNow).ok());
  EXPECT_FALSE(CheckKeepAlive(request, kBootNow, kBootNow).ok());
}

}  // namespace
}  // namespace sunder::agent
