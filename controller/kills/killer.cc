#include "controller/kills/killer.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"
#include "common/error_detail.h"
#include "common/log.h"
#include "controller/kills/kill_progress.h"
#include "controller/kills/protected.h"
#include "controller/planner/spec_check.h"
#include "controller/planner/victims.h"

namespace sunder::controller {
namespace {

using controller::v1::KillTasksRequest;
using controller::v1::KillTasksResponse;

constexpr absl::Duration kDefaultWait = absl::Seconds(30);
constexpr absl::Duration kLongestWait = absl::Hours(1);
constexpr int32_t kNanosPerSecond = 1'000'000'000;
constexpr absl::Duration kRequestTimeout = absl::Seconds(20);

// Events that arrive while a kill waits; handed over between two threads.
class Inbox {
 public:
  void Put(const TaskEvent& event) {
    absl::MutexLock lock(&mutex_);
    if (ChangesTasks(event)) events_.push_back(event);
  }
  void Wake() {
    absl::MutexLock lock(&mutex_);
    woken_ = true;
  }
  // Waits for an event or for Wake, at most until `deadline`.
  std::vector<TaskEvent> Take(absl::Time deadline) {
    absl::MutexLock lock(&mutex_);
    const auto any = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return woken_ || !events_.empty();
    };
    mutex_.AwaitWithDeadline(absl::Condition(&any), deadline);
    return std::exchange(events_, {});
  }

 private:
  absl::Mutex mutex_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<TaskEvent> events_ ABSL_GUARDED_BY(mutex_);
};

KillAmount AmountOf(const KillTasksRequest& request) {
  switch (request.amount_case()) {
    case KillTasksRequest::kCount:
      return {KillAmount::Kind::kCount, request.count()};
    case KillTasksRequest::kPercent:
      return {KillAmount::Kind::kPercent, request.percent()};
    case KillTasksRequest::kAll:
      return {KillAmount::Kind::kAll, 0};
    default:
      return {KillAmount::Kind::kNamed, 0};
  }
}

absl::Duration WaitOf(const KillTasksRequest& request) {
  const absl::Duration wait = absl::Seconds(request.wait().seconds()) +
                              absl::Nanoseconds(request.wait().nanos());
  return wait == absl::ZeroDuration() ? kDefaultWait : wait;
}

absl::Status Check(const KillTasksRequest& request) {
  if (request.scale() && request.wipe()) {
    return ErrorWithDetail(
        absl::StatusCode::kInvalidArgument,
        "scale and wipe exclude each other: Marathon refuses both together",
        "SCALE_WITH_WIPE", "wipe", "Leave one of the two away.");
  }
  if (request.amount_case() == KillTasksRequest::kAll && !request.all()) {
    return ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                           "all is set to false, which says nothing",
                           "BAD_AMOUNT", "all",
                           "Give a count, a percentage, or all: true.");
  }
  const int32_t nanos = request.wait().nanos();
  const absl::Duration wait = WaitOf(request);
  if (nanos < 0 || nanos >= kNanosPerSecond || wait < absl::ZeroDuration() ||
      wait > kLongestWait) {
    return ErrorWithDetail(
        absl::StatusCode::kInvalidArgument,
        absl::StrCat("wait is ", request.wait().seconds(), " s and ", nanos,
                     " ns, not between 0 and 1h"),
        "BAD_WAIT", "wait", "Give up to 1h; 0 is 30s.");
  }
  return CheckShortText("owner", request.owner());
}

// Why Marathon did not take the request, with what to do about it.
absl::Status NotTaken(const absl::Status& why, const MarathonClient& marathon) {
  const char* reason = "MARATHON_REFUSED";
  const char* advice =
      "Nothing was killed. Marathon's own log says more of its refusal.";
  switch (why.code()) {
    case absl::StatusCode::kUnavailable:
      reason = "MARATHON_UNREACHABLE";
      advice =
          "Nothing was killed. See that Marathon runs and has a leader, and "
          "that the controller's --marathon names it.";
      break;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      advice =
          "Nothing was killed. Give the controller credentials that Marathon "
          "lets kill tasks.";
      break;
    case absl::StatusCode::kFailedPrecondition:
      reason = "MARATHON_LOCKED";
      advice =
          "Nothing was killed. Wait until Marathon's deployments are done, or "
          "kill with force.";
      break;
    default:
      break;
  }
  return ErrorWithDetail(
      why.code(),
      absl::StrCat("Marathon did not take the kill: ", why.message()), reason,
      absl::StrJoin(marathon.base_urls(), ","), advice);
}

// Tasks of the inventory are not Marathon's to kill.
std::optional<std::string> NotMarathons(const sunder::v1::Task& task) {
  if (!task.state().empty() || !task.mesos_agent_id().empty() ||
      !task.reported_host().empty()) {
    return std::nullopt;
  }
  return "it is a task of the inventory, which Marathon does not run";
}

// Asks Marathon about the apps whose tasks are not confirmed yet. False: it did
// not answer.
void Recheck(MarathonClient& marathon, const CallLimits& limits,
             KillProgress& progress) {
  for (const std::string& app : progress.WaitingApps()) {
    const absl::StatusOr<MarathonContent> listing =
        marathon.GetApp(app, limits);
    if (listing.ok() || absl::IsNotFound(listing.status())) {
      progress.Listed(app, listing.ok() ? &*listing : nullptr, absl::Now());
    } else if (!limits.stop.stop_requested()) {
      spdlog::warn("a kill is not confirmed yet app={} error=\"{}\"", app,
                   listing.status().ToString());
    }
  }
}

// Waits until all is confirmed or time is up.
void Follow(MarathonClient& marathon, Inbox& inbox, absl::Duration recheck,
            const CallLimits& limits, KillProgress& progress) {
  absl::Time next_list = absl::Now();
  while (!progress.Done() && !limits.stop.stop_requested()) {
    const absl::Time now = absl::Now();
    if (now >= limits.deadline) return;
    if (now >= next_list) {
      Recheck(marathon, limits, progress);
      next_list = absl::Now() + recheck;
      continue;
    }
    for (const TaskEvent& event :
         inbox.Take(std::min(next_list, limits.deadline))) {
      progress.Happened(event, absl::Now());
    }
  }
}

void LogOutcome(const KillTasksRequest& request,
                const KillTasksResponse& response) {
  for (const controller::v1::KilledTask& task : response.tasks()) {
    spdlog::info(
        "kill task={} app={} host={} outcome={} owner={} reason=\"{}\"",
        task.id(), task.app(), task.host(),
        controller::v1::KillOutcome_Name(task.outcome()), request.owner(),
        task.reason());
  }
}

}  // namespace

Killer::Killer(Discovery& discovery, KillerOptions options)
    : discovery_(discovery), options_(std::move(options)) {}

absl::StatusOr<KillTasksResponse> Killer::Kill(const KillTasksRequest& request,
                                               const std::stop_token& stop) {
  if (absl::Status s = Check(request); !s.ok()) return s;
  MarathonClient* marathon = discovery_.marathon();
  if (marathon == nullptr) {
    return ErrorWithDetail(absl::StatusCode::kFailedPrecondition,
                           "no Marathon is configured, and only Marathon kills "
                           "tasks",
                           "NO_MARATHON", "",
                           "Start the controller with --marathon URL.");
  }
  const sunder::v1::Topology topology = discovery_.Snapshot();
  const ProtectedTasks is_ours(topology, options_.own_targets,
                               options_.own_task);
  absl::StatusOr<Victims> victims =
      ChooseVictims(topology, request.selector(), AmountOf(request),
                    request.seed(), [&is_ours](const sunder::v1::Task& task) {
                      const std::optional<std::string> ours = is_ours(task);
                      return ours ? ours : NotMarathons(task);
                    });
  if (!victims.ok()) return victims.status();

  KillProgress progress(*victims);
  if (!request.validate_only() && !victims->chosen.empty()) {
    Inbox inbox;
    const Subscription events = discovery_.OnTaskEvent(
        [&inbox](const TaskEvent& event) { inbox.Put(event); });
    const std::stop_callback wake(stop, [&inbox] { inbox.Wake(); });
    const absl::Time start = absl::Now();
    TaskDeletion deletion{{}, request.scale(), request.force(), request.wipe()};
    for (const sunder::v1::Task& task : victims->chosen) {
      deletion.task_ids.push_back(task.id());
    }
    const absl::StatusOr<KillAnswer> answer =
        marathon->DeleteTasks(deletion, {start + kRequestTimeout, stop});
    if (answer.ok()) {
      progress.Answered(*answer);
    } else if (absl::IsUnknown(answer.status())) {
      progress.AnswerLost(std::string(answer.status().message()));
    } else {
      return NotTaken(answer.status(), *marathon);
    }
    Follow(*marathon, inbox, options_.recheck, {start + WaitOf(request), stop},
           progress);
  }
  KillTasksResponse response = progress.response();
  response.set_seed(request.seed());
  if (!request.validate_only()) LogOutcome(request, response);
  return response;
}

}  // namespace sunder::controller
