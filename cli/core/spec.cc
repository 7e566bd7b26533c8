#include "cli/core/spec.h"

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/core/parse.h"

namespace sunder::cli {
namespace {

absl::StatusOr<v1::Rest> ParseRest(const std::string& text) {
  if (text.empty() || text == "bridge") return v1::REST_BRIDGE;
  if (text == "isolated") return v1::REST_ISOLATED;
  if (text == "error") return v1::REST_ERROR;
  return absl::InvalidArgumentError(
      absl::StrCat("--rest '", text, "' is not bridge, isolated or error"));
}

absl::StatusOr<v1::Shape> GroupsShape(const PartitionOptions& options) {
  if (!options.selector.empty() || !options.shape.empty() ||
      !options.one.empty() || options.size.has_value()) {
    return absl::InvalidArgumentError(
        "--groups names the sides itself: it goes without a selector, --shape, "
        "--one and --size");
  }
  absl::StatusOr<std::vector<std::string>> groups = ParseGroups(options.groups);
  if (!groups.ok()) return groups.status();
  absl::StatusOr<v1::Rest> rest = ParseRest(options.rest);
  if (!rest.ok()) return rest.status();
  v1::Shape shape;
  v1::Shape::Complete& complete = *shape.mutable_complete();
  complete.mutable_groups()->Assign(groups->begin(), groups->end());
  complete.set_rest(*rest);
  complete.set_among(options.among);
  return shape;
}

absl::Status CheckShapeOptions(const PartitionOptions& options) {
  if (options.selector.empty() || options.shape.empty()) {
    return absl::InvalidArgumentError(
        "a partition wants a selector and --shape, or --groups");
  }
  if (!options.rest.empty() || !options.among.empty()) {
    return absl::InvalidArgumentError("--rest and --among go with --groups");
  }
  if (!options.one.empty() && options.shape != "isolate-one") {
    return absl::InvalidArgumentError("--one goes with --shape isolate-one");
  }
  if (options.size.has_value() && options.shape != "majority") {
    return absl::InvalidArgumentError("--size goes with --shape majority");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::Shape> PartitionShape(const PartitionOptions& options) {
  if (!options.groups.empty()) return GroupsShape(options);
  if (absl::Status status = CheckShapeOptions(options); !status.ok()) {
    return status;
  }
  v1::Shape shape;
  if (options.shape == "halves") {
    shape.mutable_halves()->set_of(options.selector);
  } else if (options.shape == "random-halves") {
    shape.mutable_random_halves()->set_of(options.selector);
  } else if (options.shape == "majority") {
    shape.mutable_majority()->set_of(options.selector);
    shape.mutable_majority()->set_size(options.size.value_or(0));
  } else if (options.shape == "isolate-one") {
    shape.mutable_isolate_one()->set_of(options.selector);
    shape.mutable_isolate_one()->set_one(options.one);
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "--shape '", options.shape,
        "' is not halves, random-halves, majority or isolate-one"));
  }
  return shape;
}

v1::Shape CutShape(const CutOptions& options) {
  v1::Shape shape;
  if (options.one_way) {
    shape.mutable_simplex()->set_from(options.a);
    shape.mutable_simplex()->set_to(options.b);
  } else {
    shape.mutable_partial()->set_a(options.a);
    shape.mutable_partial()->set_b(options.b);
  }
  return shape;
}

absl::StatusOr<v1::FaultSpec> MakeSpec(const FaultOptions& options,
                                       const v1::Shape& shape,
                                       const std::string& owner) {
  absl::StatusOr<absl::Duration> duration = ParseDuration(options.duration);
  if (!duration.ok()) return duration.status();
  absl::StatusOr<v1::Protocol> protocol = ParseProtocol(options.protocol);
  if (!protocol.ok()) return protocol.status();
  absl::StatusOr<std::vector<v1::PortRange>> ports = ParsePorts(options.ports);
  if (!ports.ok()) return ports.status();
  if (options.on_partial != "heal" && options.on_partial != "continue") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--on-partial '", options.on_partial, "' is not heal or continue"));
  }

  v1::FaultSpec spec;
  spec.set_name(options.name);
  spec.set_owner(owner);
  *spec.mutable_shape() = shape;
  spec.mutable_filter()->set_protocol(*protocol);
  spec.mutable_filter()->mutable_ports()->Assign(ports->begin(), ports->end());
  spec.mutable_behaviour()->mutable_drop();
  absl::Duration rest;
  spec.mutable_duration()->set_seconds(
      absl::IDivDuration(*duration, absl::Seconds(1), &rest));
  spec.mutable_duration()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  spec.set_seed(options.seed);
  spec.set_hold(options.hold);
  spec.set_on_partial(options.on_partial == "heal"
                          ? v1::PARTIAL_POLICY_HEAL
                          : v1::PARTIAL_POLICY_CONTINUE);
  return spec;
}

}  // namespace sunder::cli
