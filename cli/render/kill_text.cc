#include "cli/render/kill_text.h"

#include "absl/strings/str_cat.h"
#include "cli/render/table.h"
#include "cli/render/words.h"

namespace sunder::cli {
namespace {

Cell OutcomeCell(controller::v1::KillOutcome outcome, bool dry_run) {
  switch (outcome) {
    case controller::v1::KILL_OUTCOME_CONFIRMED:
      return Cell("killed", Tone::kGood);
    case controller::v1::KILL_OUTCOME_REQUESTED:
      return Cell("requested, not confirmed", Tone::kWarn);
    case controller::v1::KILL_OUTCOME_IGNORED:
      return Cell("ignored", Tone::kBad);
    case controller::v1::KILL_OUTCOME_REFUSED:
      return Cell("refused", Tone::kBad);
    default:
      return dry_run ? Cell("would be killed") : Cell("not known", Tone::kWarn);
  }
}

}  // namespace

std::string KillText(const controller::v1::KillTasksResponse& response,
                     bool dry_run, const Style& style) {
  Table table({"TASK", "APP", "HOST", "OUTCOME", "CONFIRMED", "REASON"});
  for (const controller::v1::KilledTask& task : response.tasks()) {
    table.Add(
        {Cell(task.id()), Cell(task.app()), Cell(task.host()),
         OutcomeCell(task.outcome(), dry_run),
         Cell(task.has_confirmed_at()
                  ? Clock(absl::FromUnixSeconds(task.confirmed_at().seconds()) +
                              absl::Nanoseconds(task.confirmed_at().nanos()),
                          style)
                  : ""),
         Cell(task.reason())});
  }
  std::string text = dry_run ? "Dry run: nothing is killed.\n" : "";
  absl::StrAppend(&text, table.empty() ? "No tasks.\n" : table.Text(style),
                  "seed ", response.seed(), "\n");
  if (!response.deployment_id().empty()) {
    absl::StrAppend(&text, "deployment ", Clean(response.deployment_id()),
                    "\n");
  }
  return text;
}

}  // namespace sunder::cli
