#include "agent/service/protect.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/strip.h"

namespace sunder::agent {
namespace {

using Tuple = sunder::v1::ProtectedTuple;

constexpr uint32_t kSshPort = 22;

Tuple TcpTuple(const std::string& local_address, uint32_t port,
               const std::string& why) {
  Tuple tuple;
  tuple.set_local_address(local_address);
  tuple.set_protocol(sunder::v1::PROTOCOL_TCP);
  tuple.set_port(port);
  tuple.set_why(why);
  return tuple;
}

// "10.9.0.1:7401", "[::]:7401", "n1:7401".
std::optional<Tuple> ListenTuple(const std::string& listen) {
  if (absl::StartsWith(listen, "unix:")) return std::nullopt;
  const size_t colon = listen.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos ||
      !absl::SimpleAtoi(listen.substr(colon + 1), &port)) {
    return std::nullopt;
  }
  const std::string host = listen.substr(0, colon);
  const auto address =
      Address::Parse(absl::StripSuffix(absl::StripPrefix(host, "["), "]"));
  // A wildcard, or a name that may mean any of them: every local address.
  const bool every = !address.ok() || address->ToString() == "0.0.0.0" ||
                     address->ToString() == "::";
  return TcpTuple(every ? "" : address->ToString(), port,
                  "this agent's endpoint");
}

}  // namespace

void Protect(const std::string& listen, const std::vector<Address>& addresses,
             v1::StageRequest& request) {
  std::vector<Tuple> tuples(request.protected_().begin(),
                            request.protected_().end());
  tuples.push_back(TcpTuple("", kSshPort, "ssh"));
  if (auto own = ListenTuple(listen)) tuples.push_back(*std::move(own));

  request.clear_protected_();
  for (const Tuple& tuple : tuples) {
    if (!tuple.local_address().empty() || addresses.empty()) {
      *request.add_protected_() = tuple;
      continue;
    }
    const auto peer = Prefix::Parse(tuple.peer());
    for (const Address& address : addresses) {
      if (peer.ok() && peer->address().is_v6() != address.is_v6()) continue;
      Tuple& one = *request.add_protected_();
      one = tuple;
      one.set_local_address(address.ToString());
    }
  }
}

}  // namespace sunder::agent
