// The earliest instant at which something must be looked at again.

#ifndef SUNDER_CONTROLLER_CORE_WAKE_H_
#define SUNDER_CONTROLLER_CORE_WAKE_H_

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>

#include "common/instant.h"

namespace sunder::controller {

class Wake {
 public:
  void Reset() { at_ = kNever; }
  void By(BootInstant t) { at_ = std::min(at_, t); }
  void By(std::optional<BootInstant> t) {
    if (t) By(*t);
  }
  void By(const Wake& other) { By(other.at_); }
  bool Due(BootInstant now) const { return at_ <= now; }
  std::optional<BootInstant> at() const {
    return at_ == kNever ? std::nullopt : std::optional(at_);
  }

 private:
  static constexpr BootInstant kNever =
      BootInstant::FromNanos(std::numeric_limits<int64_t>::max());
  BootInstant at_ = kNever;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_WAKE_H_
