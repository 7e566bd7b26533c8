// Whatever a server sends for a list, an error, a kill or an event: values that
// hold their promises, or an error.

#include <cstdint>
#include <cstdlib>
#include <set>

#include "common/address.h"
#include "controller/discovery/marathon_answers.h"
#include "controller/discovery/marathon_json.h"
#include "controller/discovery/merge.h"

namespace sunder::controller {
namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckEndpoint(const sunder::v1::Endpoint& endpoint) {
  Require(endpoint.port() >= 1 && endpoint.port() <= 65535);
  Require(endpoint.protocol() != sunder::v1::PROTOCOL_UNSPECIFIED);
  Require(endpoint.address().empty() ||
          Address::Parse(endpoint.address()).ok());
}

void CheckContent(const absl::StatusOr<MarathonContent>& content) {
  if (!content.ok()) {
    Require(!content.status().message().empty());
    return;
  }
  std::set<std::string> ids;
  for (const auto& task : content->tasks) {
    Require(!task.id().empty() && ids.insert(task.id()).second);
    Require(!task.app().empty() && task.host().empty());
    Require(!task.endpoints().empty() || !task.unreachable_reason().empty());
    Require(task.network() == sunder::v1::NETWORK_MODE_CONTAINER ||
            task.addresses().empty());
    for (const auto& endpoint : task.endpoints()) CheckEndpoint(endpoint);
  }
  Require(content->rejected == 0 || !content->warnings.empty());
  const auto merged = Merge({}, *content);
  // Texts that are no UTF-8 would not survive the way to a client.
  sunder::v1::Topology back;
  Require(back.ParseFromString(merged.SerializeAsString()));
  Require(merged.tasks_size() == static_cast<int>(content->tasks.size()));
}

}  // namespace
}  // namespace sunder::controller

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sunder::controller;  // NOLINT(google-build-using-namespace)
  const absl::string_view text(reinterpret_cast<const char*>(data), size);
  CheckContent(ParseApps(text));
  CheckContent(ParseApp(text));
  Require(!ParseError(text).text.empty());
  static_cast<void>(ParseKillAnswer(text));
  const TaskEvent event = ParseEvent("status_update_event", text);
  Require(!SaysGone(event, "") && ChangesTasks(event));
  return 0;
}
