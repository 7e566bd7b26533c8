#include "tests/simulation/world.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "gtest/gtest.h"
#include "tests/simulation/world_note.h"

namespace sunder::simulation {

World::World(int hosts, uint32_t seed)
    : now_(BootInstant::FromNanos(3'600'000'000'000)),
      random_(seed),
      invariants_(options_,
                  [this](const std::string& what) { Violated(what); }) {
  options_.boot_base = now_;
  options_.wall_base = WallInstant::FromNanos(1'800'000'000'000'000'000);
  Invariants::Nodes nodes;
  for (int i = 0; i < hosts; ++i) {
    const auto ahead =
        absl::Milliseconds(static_cast<int64_t>(random_() % 2'000'000'000));
    const auto drift = static_cast<int64_t>(random_() % 101) - 50;
    const std::string name = absl::StrCat("n", i);
    nodes_.push_back(std::make_unique<Node>(name, ahead, drift, random_()));
    nodes.push_back(nodes_.back().get());
    node(i).host().on_said = [this, name](const agent::v1::Held& held) {
      invariants_.CheckSaid(name, held, now_);
    };
  }
  invariants_.SetNodes(std::move(nodes));
  Refresh();
  // The agents of the constructor lived at another instant: start them here.
  for (int i = 0; i < hosts; ++i) {
    node(i).host().Start();
    AfterNode(i);
  }
}

void World::Violated(const std::string& what) {
  Note("VIOLATION: ", what);
  if (on_violation) return on_violation(what);
  ADD_FAILURE() << what;
}

bool World::Chance(double p) {
  return p > 0 && std::uniform_real_distribution<double>()(random_) < p;
}

absl::Duration World::Delay() {
  const double part = std::uniform_real_distribution<double>()(random_);
  return network.shortest + part * (network.longest - network.shortest);
}

void World::Refresh() {
  for (auto& node : nodes_) node->SetNow(now_);
}

void World::At(Now when, std::function<void()> what) {
  events_.emplace(std::max(when, now_), std::move(what));
}

std::optional<Now> World::NextKernelChange() {
  std::optional<Now> next;
  for (auto& node : nodes_) {
    if (node->suspended) continue;
    const auto change = node->host().kernel().NextChange();
    if (!change) continue;
    const Now at =
        std::max(node->ToWorld(*change), now_ + absl::Nanoseconds(1));
    if (!next || at < *next) next = at;
  }
  return next;
}

bool World::StepOnce() {
  const auto change = NextKernelChange();
  if (change && (events_.empty() || *change < events_.begin()->first)) {
    now_ = *change;
    Refresh();
    invariants_.CheckKernels(now_);
    return true;
  }
  if (events_.empty()) return false;
  auto first = events_.extract(events_.begin());
  now_ = first.key();
  CheckThatTimePasses();
  Refresh();
  only_looked_ = false;
  first.mapped()();
  if (!only_looked_) ++steps_;
  invariants_.CheckKernels(now_);
  return true;
}

// A timer that is due again at once would keep a processor busy for ever.
void World::CheckThatTimePasses() {
  constexpr uint64_t kMost = 10'000;
  if (now_ - instant_ > absl::Microseconds(1)) {
    instant_ = now_;
    at_this_instant_ = 0;
  }
  if (++at_this_instant_ == kMost) Violated("time stands still");
}

void World::LookAt(Now when) {
  At(when, [this] { only_looked_ = true; });
}

void World::RunFor(absl::Duration d) {
  const Now until = now_ + d;
  LookAt(until);
  while (now_ < until) StepOnce();
}

bool World::RunUntil(const std::function<bool()>& so, absl::Duration limit) {
  const Now last = now_ + limit;
  LookAt(last);
  while (!so()) {
    if (now_ >= last) return false;
    StepOnce();
  }
  return true;
}

int World::DropsOn(const std::string& id) {
  Refresh();
  return static_cast<int>(std::count_if(
      nodes_.begin(), nodes_.end(),
      [&id](const auto& node) { return node->host().kernel().Drops(id); }));
}

Node* World::Named(const std::string& name, int* index) {
  for (int i = 0; i < hosts(); ++i) {
    if (node(i).name() != name) continue;
    *index = i;
    return &node(i);
  }
  return nullptr;
}

}  // namespace sunder::simulation
