#include "cli/commands/environment.h"

#include "cli/render/error_text.h"

namespace sunder::cli {
namespace {

ExitCode Say(const Environment& environment, const absl::Status& status,
             ExitCode code) {
  environment.err << ErrorText(status, code, environment.err_style)
                  << std::flush;
  return code;
}

}  // namespace

void Print(const Environment& environment, const std::vector<Part>& parts,
           const std::function<std::string()>& text) {
  environment.out << (environment.format == Format::kTable
                          ? text()
                          : Document(environment.format, parts))
                  << std::flush;
}

ExitCode Fail(const Environment& environment, const absl::Status& status) {
  return Say(environment, status, ExitCodeOf(status));
}

ExitCode FailRead(const Environment& environment, const absl::Status& status) {
  return Say(environment, status, ReadExitCodeOf(status));
}

}  // namespace sunder::cli
