// From the options of the fault commands to the FaultSpec that the controller
// is asked for. Pure. Only contradictions between options are refused here
// (INVALID_ARGUMENT); what a fault may be is the controller's to say.

#ifndef SUNDER_CLI_CORE_SPEC_H_
#define SUNDER_CLI_CORE_SPEC_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::cli {

struct PartitionOptions {
  std::string selector{};  // With `shape`.
  std::string shape{};     // halves, random-halves, majority, isolate-one
  std::string one{};       // isolate-one only
  std::optional<uint32_t> size{};  // majority only
  std::string groups{};            // In place of `selector` and `shape`.
  std::string rest{};              // With `groups`: bridge, isolated, error
  std::string among{};             // With `groups`.
};
absl::StatusOr<v1::Shape> PartitionShape(const PartitionOptions& options);

struct CutOptions {
  std::string a{}, b{};
  bool one_way = false;  // Only what `a` sends to `b`.
};
v1::Shape CutShape(const CutOptions& options);

// What every fault command takes, as typed.
struct FaultOptions {
  std::string duration = "60s";
  std::string name{};
  uint64_t seed = 0;  // 0: the controller draws one.
  std::string protocol{};
  std::string ports{};
  bool hold = false;
  std::string on_partial = "heal";  // heal, continue
};
absl::StatusOr<v1::FaultSpec> MakeSpec(const FaultOptions& options,
                                       const v1::Shape& shape,
                                       const std::string& owner);

}  // namespace sunder::cli

#endif  // SUNDER_CLI_CORE_SPEC_H_
