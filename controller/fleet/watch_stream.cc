#include "controller/fleet/watch_stream.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"

namespace sunder::controller {

WatchStream::WatchStream(InFlight& in_flight, Events events)
    : in_flight_(in_flight), events_(std::move(events)) {}

std::shared_ptr<WatchStream> WatchStream::Begin(
    agent::v1::Agent::StubInterface& stub, InFlight& in_flight, Events events) {
  std::shared_ptr<WatchStream> stream(
      new WatchStream(in_flight, std::move(events)));
  stream->self_ = stream;
  stream->key_ = in_flight.Begin([stream] { stream->Cancel(); });
  stub.async()->Watch(&stream->context_, &stream->request_, stream.get());
  stream->StartRead(&stream->message_);
  stream->StartCall();
  return stream;
}

void WatchStream::Cancel() { context_.TryCancel(); }

std::vector<agent::v1::WatchResponse> WatchStream::Take() {
  absl::MutexLock lock(&mutex_);
  std::vector<agent::v1::WatchResponse> reports;
  reports.reserve(pending_.size());
  for (auto& [id, report] : pending_) reports.push_back(std::move(report));
  pending_.clear();
  return reports;
}

void WatchStream::OnReadDone(bool ok) {
  if (!ok) return;  // OnDone tells why.
  bool first = false;
  bool overrun = false;
  {
    absl::MutexLock lock(&mutex_);
    first = pending_.empty();
    auto key =
        std::pair(message_.held().fault_id(), message_.held().generation());
    pending_.insert_or_assign(std::move(key), std::move(message_));
    overrun = overrun_ = pending_.size() > kMaxPending;
  }
  if (first) events_.on_pending(self_);
  if (overrun) return Cancel();
  message_.Clear();
  StartRead(&message_);
}

void WatchStream::OnDone(const grpc::Status& status) {
  const std::shared_ptr<WatchStream> self = std::move(self_);
  absl::Status why = FromGrpcStatus(status);
  {
    absl::MutexLock lock(&mutex_);
    if (overrun_) {
      why = absl::ResourceExhaustedError(absl::StrCat(
          "the agent reported on more than ", kMaxPending, " faults"));
    }
  }
  if (why.ok()) why = absl::UnavailableError("the agent ended its reports");
  events_.on_ended(why);
  in_flight_.End(key_);
}

}  // namespace sunder::controller
