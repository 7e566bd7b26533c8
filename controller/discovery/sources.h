// The last good content of each source of topology, whether the source is
// healthy now, and what the sources say together. Pure; owned by one Discovery.

#ifndef SUNDER_CONTROLLER_DISCOVERY_SOURCES_H_
#define SUNDER_CONTROLLER_DISCOVERY_SOURCES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "controller/discovery/marathon_json.h"
#include "sunder/v1/topology.pb.h"

namespace sunder::controller {

class Sources {
 public:
  // The names say what is configured; "" is a source that there is not.
  Sources(std::string inventory_name, std::string marathon_name);

  // What was read at `now`, or why it could not be.
  void Inventory(absl::StatusOr<sunder::v1::Topology> read, absl::Time now);
  void Marathon(absl::StatusOr<MarathonContent> read, absl::Time now);

  sunder::v1::Topology Topology() const;

 private:
  static void Record(sunder::v1::Source& source, const absl::Status& status,
                     absl::Time now);

  sunder::v1::Source inventory_source_, marathon_source_;
  sunder::v1::Topology inventory_;
  MarathonContent marathon_;
};

// The names of the configured sources that have never been read: nothing is
// known of what they would say.
std::vector<std::string> NeverRead(const sunder::v1::Topology& topology);

// True where both say the same: the instants and errors of sources do not
// count.
bool SameContent(const sunder::v1::Topology& a, const sunder::v1::Topology& b);

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_DISCOVERY_SOURCES_H_
