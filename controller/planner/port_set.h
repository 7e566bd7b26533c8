// A set of ports as disjoint ranges.

#ifndef SUNDER_CONTROLLER_PLANNER_PORT_SET_H_
#define SUNDER_CONTROLLER_PLANNER_PORT_SET_H_

#include <compare>
#include <cstdint>
#include <map>

#include "google/protobuf/repeated_ptr_field.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

class PortSet {
 public:
  using Ranges = google::protobuf::RepeatedPtrField<v1::PortRange>;

  // `first` <= `last`.
  void Add(uint32_t first, uint32_t last);
  void Add(const PortSet& other);
  static PortSet Of(const Ranges& ranges);

  PortSet Intersection(const PortSet& other) const;
  bool empty() const { return last_by_first_.empty(); }
  // Sorted, disjoint, not adjacent.
  Ranges ToProto() const;

  friend auto operator<=>(const PortSet&, const PortSet&) = default;

 private:
  std::map<uint32_t, uint32_t> last_by_first_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_PLANNER_PORT_SET_H_
