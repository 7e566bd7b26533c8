#include "controller/discovery/sources.h"

#include <utility>

#include "controller/discovery/merge.h"
#include "google/protobuf/util/message_differencer.h"

namespace sunder::controller {

Sources::Sources(std::string inventory_name, std::string marathon_name) {
  inventory_source_.set_name(std::move(inventory_name));
  marathon_source_.set_name(std::move(marathon_name));
  marathon_source_.set_error("not read yet");
}

void Sources::Record(sunder::v1::Source& source, const absl::Status& status,
                     absl::Time now) {
  source.set_healthy(status.ok());
  source.set_error(std::string(status.message()));
  if (!status.ok()) return;
  const absl::Duration since = now - absl::UnixEpoch();
  const int64_t seconds = absl::ToInt64Seconds(since);
  source.mutable_as_of()->set_seconds(seconds);
  source.mutable_as_of()->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(since - absl::Seconds(seconds))));
}

void Sources::Inventory(absl::StatusOr<sunder::v1::Topology> read,
                        absl::Time now) {
  Record(inventory_source_, read.status(), now);
  if (read.ok()) inventory_ = *std::move(read);
}

void Sources::Marathon(absl::StatusOr<MarathonContent> read, absl::Time now) {
  Record(marathon_source_, read.status(), now);
  if (read.ok()) marathon_ = *std::move(read);
}

sunder::v1::Topology Sources::Topology() const {
  sunder::v1::Topology topology = Merge(inventory_, marathon_);
  for (const sunder::v1::Source* source :
       {&inventory_source_, &marathon_source_}) {
    if (!source->name().empty()) *topology.add_sources() = *source;
  }
  return topology;
}

std::vector<std::string> NeverRead(const sunder::v1::Topology& topology) {
  std::vector<std::string> names;
  for (const sunder::v1::Source& source : topology.sources()) {
    if (!source.has_as_of()) names.push_back(source.name());
  }
  return names;
}

bool SameContent(const sunder::v1::Topology& a, const sunder::v1::Topology& b) {
  sunder::v1::Topology left = a;
  sunder::v1::Topology right = b;
  for (sunder::v1::Topology* topology : {&left, &right}) {
    for (sunder::v1::Source& source : *topology->mutable_sources()) {
      source.clear_as_of();
      source.clear_error();
    }
  }
  return google::protobuf::util::MessageDifferencer::Equals(left, right);
}

}  // namespace sunder::controller
