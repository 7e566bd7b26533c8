#include "controller/discovery/marathon_network.h"

#include <set>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "controller/discovery/json_fields.h"

namespace sunder::controller {
namespace {

using nlohmann::json;

const json kNothing = json::object();

const json& OrNothing(const json* value) {
  return value == nullptr ? kNothing : *value;
}

absl::StatusOr<sunder::v1::NetworkMode> ModeFromName(absl::string_view name) {
  if (name == "host" || name == "HOST") return sunder::v1::NETWORK_MODE_HOST;
  if (name == "container/bridge" || name == "BRIDGE") {
    return sunder::v1::NETWORK_MODE_BRIDGE;
  }
  if (name == "container" || name == "USER") {
    return sunder::v1::NETWORK_MODE_CONTAINER;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("\"", name, "\" is no known network mode"));
}

absl::StatusOr<std::vector<sunder::v1::Protocol>> ReadProtocols(
    const std::string& text) {
  std::vector<sunder::v1::Protocol> result;
  for (const absl::string_view name : absl::StrSplit(text, ',')) {
    if (name == "tcp" || name.empty()) {
      result.push_back(sunder::v1::PROTOCOL_TCP);
    } else if (name == "udp") {
      result.push_back(sunder::v1::PROTOCOL_UDP);
    } else if (name == "sctp") {
      result.push_back(sunder::v1::PROTOCOL_SCTP);
    } else {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", name, "\" is no known protocol"));
    }
  }
  return result;
}

// `port_field` is "containerPort", "number" or "port".
absl::StatusOr<std::vector<DeclaredPort>> ReadPorts(const json* list,
                                                    const char* port_field,
                                                    bool bridge) {
  std::vector<DeclaredPort> result;
  if (list == nullptr) return result;
  for (const json& entry : *list) {
    FieldReader reader(entry);
    DeclaredPort port;
    port.container_port =
        static_cast<int>(reader.Integer(port_field, 0, 65535, 0));
    // A bridge always publishes: there a missing hostPort means 0, any port.
    port.has_host_port = bridge || reader.Any("hostPort") != nullptr;
    absl::StatusOr<std::vector<sunder::v1::Protocol>> protocols =
        ReadProtocols(reader.String("protocol"));
    if (!reader.status().ok()) return reader.status();
    if (!protocols.ok()) return protocols.status();
    port.protocols = *std::move(protocols);
    result.push_back(std::move(port));
  }
  return result;
}

// The objects of an app that decide, whichever release wrote it.
struct Sections {
  explicit Sections(const json& app_json)
      : app(app_json),
        container(OrNothing(app.Object("container"))),
        docker(OrNothing(container.Object("docker"))),
        address(OrNothing(app.Object("ipAddress"))),
        discovery(OrNothing(address.Object("discovery"))) {}

  absl::Status status() const {
    for (const FieldReader* r :
         {&app, &container, &docker, &address, &discovery}) {
      if (!r->status().ok()) return r->status();
    }
    return absl::OkStatus();
  }

  FieldReader app, container, docker, address, discovery;
};

absl::StatusOr<sunder::v1::NetworkMode> ReadMode(Sections& in) {
  const json* networks = in.app.Array("networks");
  if (networks != nullptr && !networks->empty()) {
    FieldReader network(networks->front());
    const std::string mode = network.String("mode");
    if (!network.status().ok()) return network.status();
    return ModeFromName(mode.empty() ? "container" : mode);
  }
  const std::string old = in.docker.String("network");
  if (!old.empty()) return ModeFromName(old);
  return in.app.Any("ipAddress") != nullptr ? sunder::v1::NETWORK_MODE_CONTAINER
                                            : sunder::v1::NETWORK_MODE_HOST;
}

absl::StatusOr<std::vector<DeclaredPort>> ReadDeclaredPorts(
    Sections& in, sunder::v1::NetworkMode mode) {
  if (mode == sunder::v1::NETWORK_MODE_HOST) {
    return ReadPorts(in.app.Array("portDefinitions"), "port", false);
  }
  const bool bridge = mode == sunder::v1::NETWORK_MODE_BRIDGE;
  for (FieldReader* where : {&in.container, &in.docker}) {
    const json* mappings = where->Array("portMappings");
    if (mappings != nullptr && !mappings->empty()) {
      return ReadPorts(mappings, "containerPort", bridge);
    }
  }
  return ReadPorts(in.discovery.Array("ports"), "number", bridge);
}

// Gathers endpoints of one task, each once.
class Endpoints {
 public:
  explicit Endpoints(sunder::v1::Task& task) : task_(task) {}

  void Add(const std::string& address, int port,
           const std::vector<sunder::v1::Protocol>& protocols) {
    for (const sunder::v1::Protocol protocol : protocols) {
      if (!seen_.emplace(address, port, protocol).second) continue;
      sunder::v1::Endpoint& endpoint = *task_.add_endpoints();
      endpoint.set_address(address);
      endpoint.set_protocol(protocol);
      endpoint.set_port(static_cast<uint32_t>(port));
    }
  }

 private:
  sunder::v1::Task& task_;
  std::set<std::tuple<std::string, int, sunder::v1::Protocol>> seen_;
};

void PlaceAtHost(const AppNetwork& network, const std::vector<int>& ports,
                 sunder::v1::Task& task) {
  static const std::vector<sunder::v1::Protocol> kTcp = {
      sunder::v1::PROTOCOL_TCP};
  Endpoints endpoints(task);
  for (size_t i = 0; i < ports.size(); ++i) {
    endpoints.Add("", ports[i],
                  i < network.ports.size() ? network.ports[i].protocols : kTcp);
  }
}

void PlaceInContainer(const AppNetwork& network, const std::vector<int>& ports,
                      const std::vector<std::string>& addresses,
                      sunder::v1::Task& task) {
  task.mutable_addresses()->Assign(addresses.begin(), addresses.end());
  Endpoints endpoints(task);
  size_t next = 0;
  for (const DeclaredPort& declared : network.ports) {
    const int host_port =
        declared.has_host_port && next < ports.size() ? ports[next++] : 0;
    const int own =
        declared.container_port != 0 ? declared.container_port : host_port;
    if (own != 0) {
      for (const std::string& address : addresses) {
        endpoints.Add(address, own, declared.protocols);
      }
    }
    if (host_port != 0) endpoints.Add("", host_port, declared.protocols);
  }
}

std::string WhyUnreachable(const AppNetwork& network,
                           const sunder::v1::Task& task) {
  if (network.mode == sunder::v1::NETWORK_MODE_CONTAINER &&
      task.addresses().empty()) {
    return "it has no address of its own yet";
  }
  if (!task.endpoints().empty()) return "";
  if (network.ports.empty()) return "its app declares no port";
  return "Marathon reports no port of it";
}

}  // namespace

absl::StatusOr<AppNetwork> ReadAppNetwork(const json& app) {
  Sections sections(app);
  const absl::StatusOr<sunder::v1::NetworkMode> mode = ReadMode(sections);
  if (!sections.status().ok()) return sections.status();
  if (!mode.ok()) return mode.status();
  absl::StatusOr<std::vector<DeclaredPort>> ports =
      ReadDeclaredPorts(sections, *mode);
  if (!sections.status().ok()) return sections.status();
  if (!ports.ok()) return ports.status();
  return AppNetwork{*mode, *std::move(ports)};
}

void PlaceTask(const AppNetwork& network, const std::vector<int>& ports,
               const std::vector<std::string>& addresses,
               sunder::v1::Task& task) {
  task.set_network(network.mode);
  // Behind a bridge an address means something on its own host only, and the
  // same one is there on other hosts too.
  if (network.mode == sunder::v1::NETWORK_MODE_CONTAINER) {
    PlaceInContainer(network, ports, addresses, task);
  } else {
    PlaceAtHost(network, ports, task);
  }
  task.set_unreachable_reason(WhyUnreachable(network, task));
}

}  // namespace sunder::controller
