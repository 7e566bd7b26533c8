#include "cli/commands/fault_feed.h"

#include <utility>

namespace sunder::cli {
namespace {

bool MayComeBack(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:  // A controller that stops ends its streams.
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kResourceExhausted:
      return true;
    default:
      return false;
  }
}

}  // namespace

FaultFeed::FaultFeed(EventLoop& loop, Client& client, Callbacks callbacks)
    : loop_(loop), client_(client), callbacks_(std::move(callbacks)) {}

void FaultFeed::Follow(const std::string& id, bool hold) {
  Source& source = sources_[id];
  source.hold = hold;
  Open(id, source);
}

void FaultFeed::Forget(const std::string& id) { sources_.erase(id); }

void FaultFeed::Retry() {
  for (auto& [id, source] : sources_) {
    if (source.stream == nullptr) Open(id, source);
  }
}

void FaultFeed::Open(const std::string& id, Source& source) {
  controller::v1::WatchFaultRequest request;
  request.set_id(id);
  request.set_hold(source.hold);
  source.stream = client_.WatchFault(
      request,
      [this, id](const v1::Fault& fault) {
        loop_.Post([this, id, fault] {
          if (sources_.count(id) != 0) callbacks_.fault(fault);
        });
      },
      [this, id](const absl::Status& status) {
        loop_.Post([this, id, status] { Ended(id, status); });
      });
}

void FaultFeed::Ended(const std::string& id, const absl::Status& status) {
  const auto found = sources_.find(id);
  if (found == sources_.end()) return;
  found->second.stream.reset();
  if (MayComeBack(status)) {
    callbacks_.lost(id);
  } else {
    sources_.erase(found);
    callbacks_.refused(id, status);
  }
}

}  // namespace sunder::cli
