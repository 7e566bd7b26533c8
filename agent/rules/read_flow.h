// Reads flows and protected tuples, checks them, and takes them apart into
// boxes. Pure. A BoxReader keeps its buffers from one call to the next, since
// there may be 100,000 flows; one thread uses it.

#ifndef SUNDER_AGENT_RULES_READ_FLOW_H_
#define SUNDER_AGENT_RULES_READ_FLOW_H_

#include <array>
#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "agent/rules/box.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::agent {

class BoxReader {
 public:
  // Lent for the call.
  using Sink = absl::FunctionRef<void(const BoxView&)>;

  // `index` is the message's own in the request, for errors.
  absl::Status ReadFlow(const sunder::v1::Flow& flow, int index, Sink sink);
  absl::Status ReadProtected(const sunder::v1::ProtectedTuple& tuple, int index,
                             Sink sink);

 private:
  using Addresses = google::protobuf::RepeatedPtrField<std::string>;
  using Ports = google::protobuf::RepeatedPtrField<sunder::v1::PortRange>;

  // What a message says of one field of one family, by kind of choice.
  struct Values {
    Choice any{Choice::Kind::kAny, {}};
    Choice singles{Choice::Kind::kSingles, {}};
    Choice ranges{Choice::Kind::kRanges, {}};
    bool restricted = false;  // Else every value is meant,
    bool whole = false;  // as where "all of the family" is among those named.
    void Clear();
    void AddSingle(const Value& value);
    void AddRange(const Range& range);
    template <typename Use>
    void ForEach(Use use) const;
  };
  using ByFamily = std::array<Values, 2>;

  absl::Status ReadAddresses(const Addresses& texts, absl::string_view field,
                             ByFamily& values) const;
  absl::Status ReadAddress(const std::string& text, absl::string_view field,
                           int index, ByFamily& values) const;
  absl::Status ReadPorts(const Ports& ports, absl::string_view field,
                         Values& values) const;
  absl::Status ReadProtocol(sunder::v1::Protocol protocol, bool has_ports);
  void Emit(const ByFamily& sources, const ByFamily& destinations,
            PortSide side, const Values& ports, Sink sink);
  // INVALID_ARGUMENT about `field` of the message that is being read.
  absl::Status Wrong(absl::string_view field, absl::string_view why,
                     absl::string_view reason) const;
  std::string ElementName(absl::string_view field, int index) const;

  absl::string_view list_;
  int index_ = 0;
  ByFamily sources_, destinations_;
  Values source_ports_, destination_ports_;
  const Values no_ports_{};
  Protocols protocols_ = Protocols::kAny;
  std::array<uint8_t, 2> protocol_{};  // By family, for Protocols::kOne.
};

}  // namespace sunder::agent

#endif  // SUNDER_AGENT_RULES_READ_FLOW_H_
