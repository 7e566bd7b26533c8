// A failure for people: one line what failed, one line what to do next.

#ifndef SUNDER_CLI_RENDER_ERROR_TEXT_H_
#define SUNDER_CLI_RENDER_ERROR_TEXT_H_

#include <string>

#include "absl/status/status.h"
#include "cli/core/exit_code.h"
#include "cli/render/style.h"

namespace sunder::cli {

// The advice is the status's own (ErrorDetail.advice), else what fits `code`.
std::string ErrorText(const absl::Status& status, ExitCode code,
                      const Style& style);

std::string FailureText(const std::string& what, const std::string& advice,
                        const Style& style);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_RENDER_ERROR_TEXT_H_
