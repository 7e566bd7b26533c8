#include "common/log.h"

#include <string>

#include "spdlog/sinks/stdout_sinks.h"

namespace sunder {

absl::Status InitLog(const std::string& program, const std::string& level) {
  const auto parsed = spdlog::level::from_str(level);
  if (parsed == spdlog::level::off && level != "off") {
    return absl::InvalidArgumentError("log level \"" + level +
                                      "\" is not debug, info, warn or error");
  }
  spdlog::set_default_logger(spdlog::stderr_logger_mt(program));
  spdlog::set_level(parsed);
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%f%z %l %n: %v");
  return absl::OkStatus();
}

}  // namespace sunder
