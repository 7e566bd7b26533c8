#include "cli/commands/environment.h"

#include "cli/render/error_text.h"

namespace sunder::cli {

void Print(const Environment& environment, const std::vector<Part>& parts,
           const std::function<std::string()>& text) {
  environment.out << (environment.format == Format::kTable
                          ? text()
                          : Document(environment.format, parts))
                  << std::flush;
}

ExitCode Fail(const Environment& environment, const absl::Status& status) {
  const ExitCode code = ExitCodeOf(status);
  environment.err << ErrorText(status, code, environment.err_style)
                  << std::flush;
  return code;
}

}  // namespace sunder::cli
