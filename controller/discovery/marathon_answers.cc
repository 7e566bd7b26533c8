#include "controller/discovery/marathon_answers.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/task_state.h"
#include "controller/discovery/json_fields.h"

namespace sunder::controller {
namespace {

using nlohmann::json;

// The text of "details": a text, or a list of texts or of objects that hold a
// path and errors.
std::string DetailsText(const json& details) {
  if (details.is_string()) return details.get<std::string>();
  return details.is_array() && details.empty() ? "" : details.dump();
}

MarathonError FromJson(const json& body) {
  MarathonError result;
  result.is_json = true;
  FieldReader reader(body);
  std::vector<std::string> parts;
  if (const json* message = reader.Any("message")) {
    parts.push_back(message->is_string() ? message->get<std::string>()
                                         : message->dump());
  }
  if (const json* details = reader.Any("details")) {
    const std::string text = DetailsText(*details);
    if (!text.empty()) parts.push_back(text);
  }
  if (const json* deployments = reader.Array("deployments")) {
    for (const json& deployment : *deployments) {
      FieldReader one(deployment);
      const std::string id = one.String("id");
      if (!id.empty()) result.deployments.push_back(id);
    }
  }
  result.text = parts.empty() ? Excerpt(body.dump())
                              : Excerpt(absl::StrJoin(parts, ": "));
  return result;
}

// HTML without its tags.
std::string PlainText(absl::string_view body) {
  std::string text;
  bool in_tag = false;
  for (const char c : body.substr(0, 4096)) {
    if (c == '<') in_tag = true;
    if (!in_tag) text += c;
    if (c == '>') {
      in_tag = false;
      text += ' ';
    }
  }
  absl::RemoveExtraAsciiWhitespace(&text);
  return Excerpt(text);
}

// "a_b.marathon-<uuid>" is the instance of task "a_b.<uuid>"; "" where
// `instance` is of another form.
std::string TaskOfOldInstance(absl::string_view instance) {
  constexpr absl::string_view kMark = ".marathon-";
  const size_t at = instance.rfind(kMark);
  if (at == absl::string_view::npos) return "";
  return absl::StrCat(instance.substr(0, at), ".",
                      instance.substr(at + kMark.size()));
}

}  // namespace

MarathonError ParseError(absl::string_view body) {
  const absl::StatusOr<json> parsed = ParseJson(body);
  if (parsed.ok()) return FromJson(*parsed);
  MarathonError result;
  result.text = PlainText(body);
  if (result.text.empty()) result.text = "an empty answer";
  return result;
}

absl::StatusOr<KillAnswer> ParseKillAnswer(absl::string_view body) {
  const absl::StatusOr<json> parsed = ParseJson(body);
  if (!parsed.ok()) return parsed.status();
  KillAnswer answer;
  FieldReader reader(*parsed);
  answer.deployment_id = reader.String("deploymentId");
  const json* tasks = reader.Array("tasks");
  if (!reader.status().ok()) return reader.status();
  if (tasks != nullptr) {
    answer.task_ids.emplace();
    for (const json& task : *tasks) {
      FieldReader one(task);
      const std::string id = one.RequiredString("id");
      if (!one.status().ok()) return one.status();
      answer.task_ids->push_back(id);
    }
  } else if (answer.deployment_id.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "neither \"tasks\" nor \"deploymentId\" in \"", Excerpt(body), "\""));
  }
  return answer;
}

TaskEvent ParseEvent(absl::string_view type, absl::string_view data) {
  TaskEvent event;
  event.type = std::string(type);
  const absl::StatusOr<json> parsed = ParseJson(data);
  if (!parsed.ok()) return event;
  FieldReader reader(*parsed);
  if (event.type.empty()) event.type = reader.String("eventType");
  event.task_id = reader.String("taskId");
  event.instance_id = reader.String("instanceId");
  event.state = reader.String(
      reader.Any("taskStatus") != nullptr ? "taskStatus" : "condition");
  return event;
}

bool ChangesTasks(const TaskEvent& event) {
  for (const absl::string_view kind :
       {"status_update_event", "instance_changed_event",
        "instance_health_changed_event", "unknown_instance_terminated_event",
        "deployment_success", "deployment_failed", "app_terminated_event",
        "api_post_event", "event_stream_attached"}) {
    if (event.type == kind) return true;
  }
  return absl::StartsWith(event.type, "pod_");
}

bool SaysGone(const TaskEvent& event, absl::string_view task_id) {
  if (task_id.empty()) return false;
  if (event.type == "status_update_event") {
    return event.task_id == task_id && absl::StartsWith(event.state, "TASK_") &&
           IsFinalTaskState(event.state);
  }
  return event.type == "instance_changed_event" &&
         IsFinalTaskState(event.state) &&
         TaskOfOldInstance(event.instance_id) == task_id;
}

}  // namespace sunder::controller
