#include "controller/kills/kill_progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/task_state.h"

namespace sunder::controller {
namespace {

using controller::v1::KilledTask;

KilledTask NewTask(const sunder::v1::Task& task,
                   controller::v1::KillOutcome outcome,
                   const std::string& reason) {
  KilledTask result;
  result.set_id(task.id());
  result.set_app(task.app());
  result.set_host(task.host().empty() ? task.reported_host() : task.host());
  result.set_outcome(outcome);
  result.set_reason(reason);
  return result;
}

}  // namespace

KillProgress::KillProgress(const Victims& victims) {
  for (const sunder::v1::Task& task : victims.chosen) {
    *response_.add_tasks() =
        NewTask(task, controller::v1::KILL_OUTCOME_UNSPECIFIED, "");
  }
  for (const RefusedTask& refused : victims.refused) {
    *response_.add_tasks() = NewTask(
        refused.task, controller::v1::KILL_OUTCOME_REFUSED, refused.reason);
  }
  std::sort(response_.mutable_tasks()->pointer_begin(),
            response_.mutable_tasks()->pointer_end(),
            [](const KilledTask* a, const KilledTask* b) {
              return a->id() < b->id();
            });
}

void KillProgress::Answered(const KillAnswer& answer) {
  response_.set_deployment_id(answer.deployment_id);
  for (KilledTask& task : *response_.mutable_tasks()) {
    if (task.outcome() != controller::v1::KILL_OUTCOME_UNSPECIFIED) continue;
    // With scale, Marathon does not say which tasks it knew.
    const bool named =
        !answer.task_ids || std::count(answer.task_ids->begin(),
                                       answer.task_ids->end(), task.id()) > 0;
    task.set_outcome(named ? controller::v1::KILL_OUTCOME_REQUESTED
                           : controller::v1::KILL_OUTCOME_IGNORED);
    task.set_reason(named ? "nothing confirms yet that it is gone"
                          : "Marathon's answer does not name it: it knew no "
                            "such task any more");
  }
}

void KillProgress::AnswerLost(const std::string& why) {
  for (KilledTask& task : *response_.mutable_tasks()) {
    if (task.outcome() != controller::v1::KILL_OUTCOME_UNSPECIFIED) continue;
    task.set_outcome(controller::v1::KILL_OUTCOME_REQUESTED);
    task.set_reason(
        absl::StrCat("Marathon may or may not have taken the request: ", why));
  }
}

void KillProgress::Confirm(KilledTask& task, const std::string& reason,
                           absl::Time now) {
  task.set_outcome(controller::v1::KILL_OUTCOME_CONFIRMED);
  task.set_reason(reason);
  const absl::Duration since = now - absl::UnixEpoch();
  const int64_t seconds = absl::ToInt64Seconds(since);
  task.mutable_confirmed_at()->set_seconds(seconds);
  task.mutable_confirmed_at()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(since - absl::Seconds(seconds))));
}

void KillProgress::Happened(const TaskEvent& event, absl::Time now) {
  for (KilledTask& task : *response_.mutable_tasks()) {
    if (task.outcome() == controller::v1::KILL_OUTCOME_REQUESTED &&
        SaysGone(event, task.id())) {
      Confirm(task, absl::StrCat("an event says ", event.state), now);
    }
  }
}

void KillProgress::Listed(const std::string& app,
                          const MarathonContent* listing, absl::Time now) {
  for (KilledTask& task : *response_.mutable_tasks()) {
    if (task.outcome() != controller::v1::KILL_OUTCOME_REQUESTED ||
        task.app() != app) {
      continue;
    }
    if (listing == nullptr) {
      Confirm(task, "Marathon has no such app any more", now);
      continue;
    }
    const auto found = std::find_if(
        listing->tasks.begin(), listing->tasks.end(),
        [&task](const sunder::v1::Task& t) { return t.id() == task.id(); });
    // A task that could not be read may be this one.
    if (found == listing->tasks.end() && listing->rejected == 0) {
      Confirm(task, "Marathon lists it no more", now);
    } else if (found != listing->tasks.end() && HasEnded(*found)) {
      Confirm(task, absl::StrCat("Marathon lists it as ", found->state()), now);
    }
  }
}

std::set<std::string> KillProgress::WaitingApps() const {
  std::set<std::string> apps;
  for (const KilledTask& task : response_.tasks()) {
    if (task.outcome() == controller::v1::KILL_OUTCOME_REQUESTED) {
      apps.insert(task.app());
    }
  }
  return apps;
}

}  // namespace sunder::controller
