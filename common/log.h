// The daemons' log: one line an event on stderr, `key=value` pairs at the end.

#ifndef SUNDER_COMMON_LOG_H_
#define SUNDER_COMMON_LOG_H_

#include <string>

#include "absl/status/status.h"
#include "spdlog/spdlog.h"

namespace sunder {

// Sets up spdlog's default logger for `program`. `level`: "debug", "info",
// "warn", "error". INVALID_ARGUMENT for another one.
absl::Status InitLog(const std::string& program, const std::string& level);

}  // namespace sunder

#endif  // SUNDER_COMMON_LOG_H_
