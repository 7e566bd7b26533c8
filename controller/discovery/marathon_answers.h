// What Marathon says besides lists: errors, answers to kills, events. Pure, for
// any bytes.

#ifndef SUNDER_CONTROLLER_DISCOVERY_MARATHON_ANSWERS_H_
#define SUNDER_CONTROLLER_DISCOVERY_MARATHON_ANSWERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sunder::controller {

// The body of an answer that is not 2xx.
struct MarathonError {
  std::string text;                      // For people; never empty, one line.
  std::vector<std::string> deployments;  // That stand in the way (409).
  bool is_json = false;                  // Marathon itself said it, no proxy.
};
MarathonError ParseError(absl::string_view body);

// The body of a 200 to POST /v2/tasks/delete: the tasks that Marathon knew, or
// with scale the deployment.
struct KillAnswer {
  std::optional<std::vector<std::string>> task_ids;
  std::string deployment_id;
};
absl::StatusOr<KillAnswer> ParseKillAnswer(absl::string_view body);

// A hint that something happened to a task, an instance or an app.
struct TaskEvent {
  std::string type;         // "status_update_event", ...
  std::string task_id;      // Where the event names one.
  std::string instance_id;  // "a_b.instance-<uuid>", where it names one.
  std::string state;        // "TASK_KILLED", "Killed", ...
};
// `type` as the stream named it; where it is empty the data's own "eventType".
// An event that cannot be read has only its type.
TaskEvent ParseEvent(absl::string_view type, absl::string_view data);

// True where an event of this kind can mean that tasks changed.
bool ChangesTasks(const TaskEvent& event);

// True where `event` says that the task `task_id` has ended for good. An
// instance's id survives restarts since 1.8, so an instance's event says so
// only of a task whose id has no incarnation.
bool SaysGone(const TaskEvent& event, absl::string_view task_id);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_MARATHON_ANSWERS_H_
