#include "cli/render/error_text.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"

namespace sunder::cli {
namespace {

std::string AdviceFor(ExitCode code) {
  switch (code) {
    case ExitCode::kUsage:
      return "`sunder --help` and `sunder COMMAND --help` show examples.";
    case ExitCode::kNotFound:
      return "`sunder topology` and `sunder faults` show what there is.";
    case ExitCode::kUnreachable:
      return "See that sunder-controller runs, or name another one with "
             "--controller or SUNDER_CONTROLLER.";
    case ExitCode::kTimedOut:
      return "`sunder faults` and `sunder hosts` show where it stands.";
    default:
      return "The controller's log says more.";
  }
}

}  // namespace

std::string ErrorText(const absl::Status& status, ExitCode code,
                      const Style& style) {
  const std::optional<v1::ErrorDetail> detail = GetErrorDetail(status);
  std::string what(status.message());
  // A message says what it is about; where it does not, the detail does.
  if (detail && !detail->subject().empty() &&
      what.find(detail->subject()) == std::string::npos) {
    what = absl::StrCat(detail->subject(), ": ", what);
  }
  return FailureText(
      what,
      detail && !detail->advice().empty() ? detail->advice() : AdviceFor(code),
      style);
}

std::string FailureText(const std::string& what, const std::string& advice,
                        const Style& style) {
  return absl::StrCat(style.Paint(Tone::kBad, "sunder: "), Clean(what),
                      "\n  next: ", Clean(advice), "\n");
}

}  // namespace sunder::cli
