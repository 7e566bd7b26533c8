#include "controller/discovery/inventory.h"

#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/address.h"
#include "common/errno_status.h"
#include "controller/discovery/json_fields.h"
#include "controller/discovery/yaml_fields.h"

namespace sunder::controller {
namespace {

class InventoryReader {
 public:
  explicit InventoryReader(const std::string& file) : errors_(file) {}

  absl::StatusOr<sunder::v1::Topology> Read(const YAML::Node& root);

 private:
  void ReadHost(const YAML::Node& node);
  void ReadTask(const YAML::Node& node);
  sunder::v1::Endpoint ReadEndpoint(const YAML::Node& node,
                                    const std::string& what);
  std::optional<std::string> ReadAddress(const YAML::Node& node);
  void ReadAgent(const YAML::Node& node, std::string* out);
  void Place(const YAML::Node& node, sunder::v1::Task& task);
  // Sets a text; `claimed`, where given, has each text once.
  YamlVisitor Into(std::string* out, std::string what,
                   std::set<std::string>* claimed = nullptr);
  void AddApps();

  YamlErrors errors_;
  sunder::v1::Topology topology_;
  std::set<std::string> host_names_, task_ids_, agents_, mesos_ids_;
  std::map<std::string, std::string> address_owner_;  // Address: host's name.
};

YamlVisitor InventoryReader::Into(std::string* out, std::string what,
                                  std::set<std::string>* claimed) {
  return [this, out, what = std::move(what), claimed](const YAML::Node& node) {
    const auto text = ReadText(node, what, errors_);
    if (!text) return;
    if (claimed != nullptr && !claimed->insert(*text).second) {
      errors_.Add(node, absl::StrCat(what, " \"", Excerpt(*text),
                                     "\" is there already"));
    }
    *out = *text;
  };
}

std::optional<std::string> InventoryReader::ReadAddress(
    const YAML::Node& node) {
  const auto text = ReadText(node, "an address", errors_);
  if (!text) return std::nullopt;
  const absl::StatusOr<Address> address = Address::Parse(*text);
  if (!address.ok()) {
    errors_.Add(node, absl::StrCat("\"", Excerpt(*text),
                                   "\" is not an IPv4 or IPv6 address "
                                   "(without prefix length or scope)"));
    return std::nullopt;
  }
  return address->ToString();
}

void InventoryReader::ReadAgent(const YAML::Node& node, std::string* out) {
  Into(out, "agent", &agents_)(node);
  const size_t colon = out->rfind(':');
  uint32_t port = 0;
  if (out->empty() || absl::StartsWith(*out, "unix:/")) return;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(out->substr(colon + 1), &port) || port < 1 ||
      port > 65535) {
    errors_.Add(node, absl::StrCat("agent \"", Excerpt(*out),
                                   "\" is neither unix:/PATH nor HOST:PORT"));
  }
}

void InventoryReader::ReadHost(const YAML::Node& node) {
  sunder::v1::Host& host = *topology_.add_hosts();
  const auto read_addresses = [&](const YAML::Node& list) {
    EachOf(list, "addresses", errors_, [&](const YAML::Node& address) {
      const auto text = ReadAddress(address);
      if (text) host.add_addresses(*text);
    });
  };
  const auto read_labels = [&](const YAML::Node& map) {
    ReadTexts(map, "labels", errors_,
              [&host](const std::string& name, const std::string& value) {
                (*host.mutable_labels())[name] = value;
              });
  };
  ReadMap(node, "a host",
          {{"name", Into(host.mutable_name(), "host", &host_names_), true},
           {"addresses", read_addresses},
           {"agent",
            [&](const YAML::Node& n) { ReadAgent(n, host.mutable_agent()); }},
           {"labels", read_labels},
           {"mesos_agent_id", Into(host.mutable_mesos_agent_id(),
                                   "mesos_agent_id", &mesos_ids_)}},
          errors_);
  for (const std::string& address : host.addresses()) {
    const auto [owner, is_new] = address_owner_.emplace(address, host.name());
    if (is_new) continue;
    errors_.Add(node,
                absl::StrCat("the address ", address, " is there twice: host ",
                             Excerpt(owner->second), " and host ",
                             Excerpt(host.name())));
  }
}

sunder::v1::Endpoint InventoryReader::ReadEndpoint(const YAML::Node& node,
                                                   const std::string& what) {
  sunder::v1::Endpoint endpoint;
  endpoint.set_protocol(sunder::v1::PROTOCOL_TCP);
  const auto read_port = [&](const YAML::Node& value) {
    uint32_t port = 0;
    if (!value.IsScalar() || !absl::SimpleAtoi(value.Scalar(), &port) ||
        port < 1 || port > 65535) {
      errors_.Add(value, "port is a number from 1 to 65535");
    }
    endpoint.set_port(port);
  };
  const auto read_protocol = [&](const YAML::Node& value) {
    static const std::map<std::string, sunder::v1::Protocol> kProtocols = {
        {"tcp", sunder::v1::PROTOCOL_TCP},
        {"udp", sunder::v1::PROTOCOL_UDP},
        {"sctp", sunder::v1::PROTOCOL_SCTP}};
    const auto found =
        value.IsScalar() ? kProtocols.find(value.Scalar()) : kProtocols.end();
    if (found == kProtocols.end()) {
      errors_.Add(value, "protocol is tcp, udp or sctp");
    } else {
      endpoint.set_protocol(found->second);
    }
  };
  const auto read_address = [&](const YAML::Node& value) {
    endpoint.set_address(ReadAddress(value).value_or(""));
  };
  ReadMap(node, absl::StrCat("an endpoint of ", what),
          {{"port", read_port, true},
           {"protocol", read_protocol},
           {"address", read_address}},
          errors_);
  return endpoint;
}

void InventoryReader::ReadTask(const YAML::Node& node) {
  sunder::v1::Task task;
  YAML::Node endpoints;
  const auto read_labels = [&](const YAML::Node& map) {
    ReadTexts(map, "labels", errors_,
              [&task](const std::string& name, const std::string& value) {
                (*task.mutable_labels())[name] = value;
              });
  };
  ReadMap(node, "a task",
          {{"id", Into(task.mutable_id(), "task", &task_ids_), true},
           {"app", Into(task.mutable_app(), "app"), true},
           {"host", Into(task.mutable_host(), "host"), true},
           {"endpoints", [&](const YAML::Node& n) { endpoints.reset(n); }},
           {"labels", read_labels}},
          errors_);
  EachOf(endpoints, "endpoints", errors_, [&](const YAML::Node& endpoint) {
    *task.add_endpoints() =
        ReadEndpoint(endpoint, absl::StrCat("task ", Excerpt(task.id())));
  });
  if (!task.app().empty() && task.app().front() != '/') {
    errors_.Add(node, absl::StrCat("app \"", Excerpt(task.app()),
                                   "\" does not begin with /"));
  }
  if (!task.host().empty() && host_names_.count(task.host()) == 0) {
    errors_.Add(node, absl::StrCat("task ", Excerpt(task.id()),
                                   " is on host \"", Excerpt(task.host()),
                                   "\", which is none of the hosts"));
  }
  Place(node, task);
  *topology_.add_tasks() = std::move(task);
}

void InventoryReader::Place(const YAML::Node& node, sunder::v1::Task& task) {
  std::set<std::string> own;
  bool at_host = false;
  for (sunder::v1::Endpoint& endpoint : *task.mutable_endpoints()) {
    if (endpoint.address().empty()) {
      at_host = true;
      continue;
    }
    const auto owner = address_owner_.find(endpoint.address());
    if (owner == address_owner_.end()) {
      own.insert(endpoint.address());
    } else if (owner->second == task.host()) {
      at_host = true;
    } else {
      errors_.Add(
          node, absl::StrCat("task ", Excerpt(task.id()), " is on ",
                             Excerpt(task.host()), ", but ", endpoint.address(),
                             " is an address of ", owner->second));
    }
  }
  if (at_host && !own.empty()) {
    errors_.Add(node, absl::StrCat("task ", Excerpt(task.id()),
                                   " has endpoints both at its host and at an "
                                   "address of its own"));
  }
  task.set_network(own.empty() ? sunder::v1::NETWORK_MODE_HOST
                               : sunder::v1::NETWORK_MODE_CONTAINER);
  for (const std::string& address : own) task.add_addresses(address);
  if (task.endpoints().empty()) {
    task.set_unreachable_reason("the inventory gives no endpoint of it");
  }
}

void InventoryReader::AddApps() {
  std::map<std::string, sunder::v1::App> apps;
  for (const sunder::v1::Task& task : topology_.tasks()) {
    sunder::v1::App& app = apps[task.app()];
    app.set_id(task.app());
    app.set_instances(app.instances() + 1);
    app.set_network(task.network());
  }
  for (auto& [id, app] : apps) *topology_.add_apps() = std::move(app);
}

absl::StatusOr<sunder::v1::Topology> InventoryReader::Read(
    const YAML::Node& root) {
  YAML::Node hosts;
  YAML::Node tasks;
  ReadMap(root, "the inventory",
          {{"hosts", [&](const YAML::Node& n) { hosts.reset(n); }, true},
           {"tasks", [&](const YAML::Node& n) { tasks.reset(n); }}},
          errors_);
  EachOf(hosts, "hosts", errors_,
         [this](const YAML::Node& host) { ReadHost(host); });
  // Tasks name hosts: with errors above there would only be more.
  if (errors_.empty()) {
    EachOf(tasks, "tasks", errors_,
           [this](const YAML::Node& task) { ReadTask(task); });
  }
  if (!errors_.empty()) return errors_.status();
  AddApps();
  return std::move(topology_);
}

}  // namespace

absl::StatusOr<sunder::v1::Topology> ParseInventory(const std::string& text,
                                                    const std::string& name) {
  if (text.size() > kMaxInventoryBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": larger than ", kMaxInventoryBytes, " bytes"));
  }
  // yaml-cpp throws, in its parser and in its accessors.
  try {
    return InventoryReader(name).Read(YAML::Load(text));
  } catch (const YAML::Exception& error) {
    YamlErrors errors(name);
    errors.Add(error.mark, error.msg);
    return errors.status();
  }
}

absl::StatusOr<sunder::v1::Topology> ReadInventory(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return ErrnoStatus(errno != 0 ? errno : EIO,
                       absl::StrCat("open inventory ", path));
  }
  std::string text(kMaxInventoryBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) {
    return ErrnoStatus(errno != 0 ? errno : EIO,
                       absl::StrCat("read inventory ", path));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  return ParseInventory(text, path);
}

}  // namespace sunder::controller
