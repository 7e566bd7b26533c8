#include "controller/discovery/discovery.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/error_detail.h"
#include "common/log.h"
#include "controller/discovery/curl_http_client.h"
#include "controller/discovery/inventory.h"

namespace sunder::controller {
namespace {

std::string InventoryName(const DiscoveryOptions& options) {
  return options.inventory_path.empty()
             ? ""
             : absl::StrCat("inventory ", options.inventory_path);
}

std::string MarathonName(const MarathonClient* marathon) {
  return marathon == nullptr
             ? ""
             : absl::StrCat("marathon ",
                            absl::StrJoin(marathon->base_urls(), ","));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Discovery>> Discovery::Create(
    DiscoveryOptions options, std::shared_ptr<HttpClient> http) {
  if (options.poll_interval <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError("the poll interval must be above zero");
  }
  std::unique_ptr<MarathonClient> marathon;
  if (!options.marathon_urls.empty()) {
    if (http == nullptr) http = std::make_shared<CurlHttpClient>();
    absl::StatusOr<std::unique_ptr<MarathonClient>> client =
        MarathonClient::Create(options.marathon_urls, options.credentials,
                               std::move(http));
    if (!client.ok()) return client.status();
    marathon = *std::move(client);
  }
  std::unique_ptr<Discovery> discovery(
      new Discovery(std::move(options), std::move(marathon)));
  if (absl::Status s = discovery->ReadInventoryOnce(); !s.ok()) return s;
  discovery->Publish();
  return discovery;
}

Discovery::Discovery(DiscoveryOptions options,
                     std::unique_ptr<MarathonClient> marathon)
    : options_(std::move(options)),
      marathon_(std::move(marathon)),
      last_asked_(marathon_ == nullptr ? InventoryName(options_)
                                       : MarathonName(marathon_.get())),
      sources_(InventoryName(options_), MarathonName(marathon_.get())) {}

Discovery::~Discovery() { Stop(); }

void Discovery::Start() {
  {
    absl::MutexLock lock(&mutex_);
    if (running_ || stopping_) return;
    running_ = true;
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { Run(stop); });
  if (marathon_ == nullptr || !options_.follow_events) return;
  events_ = std::make_unique<MarathonEvents>(
      *marathon_, MarathonEvents::Options{},
      MarathonEvents::Callbacks{[this] { LookAgain(); },
                                [this](const TaskEvent& event) {
                                  on_task_event_.Notify(event);
                                  if (ChangesTasks(event)) LookAgain();
                                }});
}

void Discovery::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    running_ = false;
  }
  events_.reset();
  thread_.request_stop();
  if (thread_.joinable()) thread_.join();
}

sunder::v1::Topology Discovery::Snapshot() const {
  absl::MutexLock lock(&mutex_);
  return topology_;
}

absl::Status Discovery::Refresh(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  if (!running_) {
    return absl::FailedPreconditionError("discovery is not running");
  }
  const int64_t mine = ++asked_;
  const auto answered = [this, mine]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return finished_ >= mine || stopping_;
  };
  if (!mutex_.AwaitWithDeadline(absl::Condition(&answered), deadline)) {
    return ErrorWithDetail(
        absl::StatusCode::kDeadlineExceeded,
        absl::StrCat("the sources of topology did not answer in time: ",
                     last_asked_),
        "SOURCES_LATE", last_asked_,
        "Ask without a refresh for what was read last, and see that the "
        "source answers.");
  }
  return finished_ >= mine
             ? last_round_
             : absl::FailedPreconditionError("discovery was stopped");
}

Subscription Discovery::OnChange(
    Listeners<sunder::v1::Topology>::Function listener) {
  return on_change_.Add(std::move(listener));
}

Subscription Discovery::OnTaskEvent(Listeners<TaskEvent>::Function listener) {
  return on_task_event_.Add(std::move(listener));
}

void Discovery::LookAgain() {
  absl::MutexLock lock(&mutex_);
  events_pending_ = true;
}

void Discovery::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    {
      absl::MutexLock lock(&mutex_);
      begun_ = asked_;
      events_pending_ = false;
    }
    const absl::Time start = absl::Now();
    const absl::Status status = ReadOnce(stop);
    const absl::Duration took = absl::Now() - start;
    absl::MutexLock lock(&mutex_);
    finished_ = begun_;
    last_round_ = status;
    const auto asked = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return stopping_ || asked_ > begun_;
    };
    const auto awake = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
      return stopping_ || asked_ > begun_ || events_pending_;
    };
    mutex_.AwaitWithTimeout(absl::Condition(&awake), options_.poll_interval);
    // Events come in swarms, and a list of a large Marathon costs it much: at
    // most half of the time is spent listing because of events.
    if (events_pending_) {
      mutex_.AwaitWithTimeout(absl::Condition(&asked),
                              std::max(options_.gather, took));
    }
  }
}

absl::Status Discovery::ReadOnce(const std::stop_token& stop) {
  const absl::Status inventory = ReadInventoryOnce();
  const absl::Status marathon = ReadMarathonOnce(stop);
  if (stop.stop_requested()) return absl::CancelledError("stopped");
  Publish();
  return inventory.ok() ? marathon : inventory;
}

absl::Status Discovery::ReadInventoryOnce() {
  if (options_.inventory_path.empty()) return absl::OkStatus();
  absl::StatusOr<sunder::v1::Topology> read =
      ReadInventory(options_.inventory_path);
  const absl::Status status = read.status();
  absl::MutexLock lock(&mutex_);
  sources_.Inventory(std::move(read), absl::Now());
  return status;
}

absl::Status Discovery::ReadMarathonOnce(const std::stop_token& stop) {
  if (marathon_ == nullptr) return absl::OkStatus();
  // The content is what Marathon knew at some instant after this one.
  const absl::Time asked_at = absl::Now();
  absl::StatusOr<MarathonContent> read =
      marathon_->ListApps({asked_at + options_.request_timeout, stop});
  const absl::Status status = read.status();
  if (stop.stop_requested()) return status;
  if (!status.ok()) {
    spdlog::warn("marathon cannot be read error=\"{}\"", status.ToString());
  }
  absl::MutexLock lock(&mutex_);
  sources_.Marathon(std::move(read), asked_at);
  return status;
}

void Discovery::Publish() {
  sunder::v1::Topology topology;
  {
    absl::MutexLock lock(&mutex_);
    topology = sources_.Topology();
    const bool same = SameContent(topology_, topology);
    topology_ = topology;
    if (same) return;
  }
  on_change_.Notify(topology);
}

}  // namespace sunder::controller
