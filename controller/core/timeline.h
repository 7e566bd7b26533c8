// The timeline of people: the wall clock at one instant plus elapsed boot time.
// It never steps. Plain value.

#ifndef SUNDER_CONTROLLER_CORE_TIMELINE_H_
#define SUNDER_CONTROLLER_CORE_TIMELINE_H_

#include "absl/time/time.h"
#include "common/instant.h"
#include "controller/core/options.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

class Timeline {
 public:
  explicit Timeline(const Options& options)
      : boot_(options.boot_base), wall_(options.wall_base) {}

  sunder::v1::Instant At(
      BootInstant t, absl::Duration uncertainty = absl::ZeroDuration()) const {
    constexpr int64_t kSecond = 1'000'000'000;
    const int64_t wall = (wall_ + (t - boot_)).nanos();
    const int64_t error = absl::ToInt64Nanoseconds(uncertainty);
    sunder::v1::Instant instant;
    instant.mutable_at()->set_seconds(wall / kSecond);
    instant.mutable_at()->set_nanos(static_cast<int32_t>(wall % kSecond));
    instant.mutable_uncertainty()->set_seconds(error / kSecond);
    instant.mutable_uncertainty()->set_nanos(
        static_cast<int32_t>(error % kSecond));
    return instant;
  }

 private:
  BootInstant boot_;
  WallInstant wall_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_TIMELINE_H_
