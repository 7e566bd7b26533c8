#include "controller/discovery/marathon_json.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "controller/discovery/json_fields.h"
#include "controller/discovery/marathon_network.h"

namespace sunder::controller {
namespace {

using nlohmann::json;

constexpr size_t kMaxWarnings = 50;
constexpr int64_t kMaxInstances = 1'000'000;

// `ipAddresses` of a task; each must be an address.
absl::StatusOr<std::vector<std::string>> ReadAddresses(const json* list) {
  std::vector<std::string> result;
  if (list == nullptr) return result;
  for (const json& entry : *list) {
    FieldReader reader(entry);
    const std::string text = reader.String("ipAddress");
    if (!reader.status().ok()) return reader.status();
    if (text.empty()) continue;
    const absl::StatusOr<Address> address = Address::Parse(text);
    if (!address.ok()) return address.status();
    result.push_back(address->ToString());
  }
  return result;
}

// Labels are text; a number or a truth value is taken as its text.
absl::Status ReadLabels(const json* object,
                        google::protobuf::Map<std::string, std::string>* out) {
  if (object == nullptr) return absl::OkStatus();
  for (const auto& [name, value] : object->items()) {
    if (value.is_string()) {
      (*out)[name] = value.get<std::string>();
    } else if (value.is_number() || value.is_boolean()) {
      (*out)[name] = value.dump();
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("label \"", Excerpt(name), "\" is ", value.type_name(),
                       ", not text"));
    }
  }
  return absl::OkStatus();
}

class ContentReader {
 public:
  void ReadApp(const json& object);
  MarathonContent Take();

 private:
  void ReadTask(const json& object, const sunder::v1::App& app,
                const absl::StatusOr<AppNetwork>& network);
  void Warn(std::string text);
  void Reject(std::string text);

  MarathonContent content_;
  std::set<std::string> app_ids_, task_ids_;
  int warnings_ = 0;
};

void ContentReader::Warn(std::string text) {
  if (static_cast<size_t>(++warnings_) <= kMaxWarnings) {
    content_.warnings.push_back(std::move(text));
  }
}

void ContentReader::Reject(std::string text) {
  ++content_.rejected;
  Warn(std::move(text));
}

void ContentReader::ReadApp(const json& object) {
  FieldReader reader(object);
  sunder::v1::App app;
  app.set_id(reader.RequiredString("id"));
  if (!reader.status().ok()) {
    Reject(absl::StrCat("Marathon: an app was left out: it ",
                        reader.status().message()));
    return;
  }
  const std::string name = absl::StrCat("Marathon: app ", Excerpt(app.id()));
  if (!app_ids_.insert(app.id()).second) {
    Reject(absl::StrCat(name, " is listed twice; the second was left out"));
    return;
  }
  const absl::StatusOr<AppNetwork> network = ReadAppNetwork(object);
  if (network.ok()) {
    app.set_network(network->mode);
  } else {
    Warn(absl::StrCat(name, ": it is unknown where its tasks are reached: ",
                      network.status().message()));
  }
  app.set_instances(
      static_cast<int32_t>(reader.Integer("instances", 0, kMaxInstances, 0)));
  const absl::Status labels =
      ReadLabels(reader.Object("labels"), app.mutable_labels());
  if (!labels.ok()) Warn(absl::StrCat(name, ": ", labels.message()));
  const json* tasks = reader.Array("tasks");
  if (reader.Any("tasks") != nullptr && tasks == nullptr) {
    Reject(absl::StrCat(name, ": ", reader.status().message()));
  } else if (!reader.status().ok()) {
    Warn(absl::StrCat(name, ": ", reader.status().message()));
  }
  if (tasks != nullptr) {
    for (const json& task : *tasks) ReadTask(task, app, network);
  }
  content_.apps.push_back(std::move(app));
}

void ContentReader::ReadTask(const json& object, const sunder::v1::App& app,
                             const absl::StatusOr<AppNetwork>& network) {
  FieldReader reader(object);
  sunder::v1::Task task;
  task.set_id(reader.RequiredString("id"));
  task.set_app(reader.String("appId"));
  if (task.app().empty()) task.set_app(app.id());
  task.set_state(reader.String("state"));
  task.set_reported_host(reader.String("host"));
  task.set_mesos_agent_id(reader.String("slaveId"));
  *task.mutable_labels() = app.labels();
  const std::vector<int> ports = reader.Ports("ports");
  const absl::StatusOr<std::vector<std::string>> addresses =
      ReadAddresses(reader.Array("ipAddresses"));
  const absl::Status& wrong =
      reader.status().ok() ? addresses.status() : reader.status();
  if (!wrong.ok()) {
    Reject(absl::StrCat("Marathon: task ", Excerpt(task.id()), " of app ",
                        Excerpt(app.id()), " was left out: ", wrong.message()));
    return;
  }
  if (!task_ids_.insert(task.id()).second) {
    Warn(absl::StrCat("Marathon: task ", Excerpt(task.id()),
                      " is listed twice; the second was left out"));
    return;
  }
  if (network.ok()) {
    PlaceTask(*network, ports, *addresses, task);
  } else {
    task.set_unreachable_reason(absl::StrCat("its network is not understood: ",
                                             network.status().message()));
  }
  content_.tasks.push_back(std::move(task));
}

MarathonContent ContentReader::Take() {
  if (static_cast<size_t>(warnings_) > kMaxWarnings) {
    content_.warnings.push_back(absl::StrCat(
        "Marathon: and ", warnings_ - static_cast<int>(kMaxWarnings),
        " more like these"));
  }
  return std::move(content_);
}

// The member `name` of the body, which must be an object.
absl::StatusOr<json> ReadBody(absl::string_view body, const char* name,
                              bool list) {
  absl::StatusOr<json> parsed = ParseJson(body);
  if (!parsed.ok()) return parsed;
  FieldReader reader(*parsed);
  const json* value = list ? reader.Array(name) : reader.Object(name);
  if (!reader.status().ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the answer ", reader.status().message()));
  }
  if (value == nullptr) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the answer has no \"", name, "\": \"", Excerpt(body), "\""));
  }
  return std::move((*parsed)[name]);
}

}  // namespace

absl::StatusOr<MarathonContent> ParseApps(absl::string_view body) {
  const absl::StatusOr<json> apps = ReadBody(body, "apps", true);
  if (!apps.ok()) return apps.status();
  ContentReader reader;
  for (const json& app : *apps) reader.ReadApp(app);
  return reader.Take();
}

absl::StatusOr<MarathonContent> ParseApp(absl::string_view body) {
  const absl::StatusOr<json> app = ReadBody(body, "app", false);
  if (!app.ok()) return app.status();
  ContentReader reader;
  reader.ReadApp(*app);
  return reader.Take();
}

}  // namespace sunder::controller
