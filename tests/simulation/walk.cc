#include "tests/simulation/walk.h"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "tests/simulation/incidents.h"

namespace sunder::simulation {
namespace {

class Player {
 public:
  Player(const Script& script,
         const std::function<void(const std::string&)>& journal)
      : script_(script), walked_(script.hosts, script.seed) {
    world().journal = journal;
    world().on_violation = [this](const std::string& what) { Violated(what); };
    world().network.lost = script.lost_per_mille / 1000.0;
    world().network.repeated = script.repeated_per_mille / 1000.0;
    world().network.longest = absl::Milliseconds(script.slowest_ms);
    world().disk_time = absl::Microseconds(script.disk_us);
    world().watch_works = script.watch;
  }

  Outcome Play() {
    world().StartController();
    const Now began = world().now();
    for (const Incident& incident : script_.incidents) {
      RunUntil(began + absl::Milliseconds(incident.at_ms));
      if (failed()) break;
      const Kind* kind = FindKind(incident.kind);
      if (kind == nullptr) {
        Violated(absl::StrCat("there is no kind ", incident.kind));
        break;
      }
      kind->befall(walked_, incident.a, incident.b);
    }
    if (!failed()) ComeToRest();
    Count();
    return outcome_;
  }

 private:
  World& world() { return walked_.world; }
  bool failed() const { return !outcome_.violation.empty(); }

  void Violated(const std::string& what) {
    if (!failed()) outcome_.violation = what;
  }

  void RunUntil(Now instant) {
    world().RunUntil([this] { return failed(); }, instant - world().now());
  }

  // From now on the environment does no harm. Everything is whole or gone
  // within what it may take, and at last gone.
  void ComeToRest() {
    world().network = Network();
    for (int host = 0; host < world().hosts(); ++host) {
      world().Interrupt(host, 1 << 30, false);
    }
    world().KillControllerAtCall(1 << 30);
    world().disk_full = false;
    world().disk_time = absl::Microseconds(300);
    world().KillController(1);
    // Whoever sleeps wakes.
    RunUntil(world().now() + absl::Seconds(10));
    for (int host = 0; host < world().hosts(); ++host) {
      world().node(host).host().disk_full = false;
      world().node(host).host().kernel().ClearFailures();
      world().Disconnect(host, false);
      world().Enlist(host, true);
      if (world().node(host).host().kernel().latched) {
        world().ReleaseLatch(host);
      }
      world().ContinueAgent(host);
      if (!world().node(host).alive()) world().StartAgent(host);
    }
    world().ContinueController();
    const auto& o = world().options();
    const absl::Duration longest_fault = absl::Seconds(15);
    const absl::Duration over = longest_fault + o.stage_timeout + o.lease +
                                o.max_lead + o.reach_timeout + o.call_timeout;
    const auto done = [this] {
      return failed() || AllEnded() || !world().Rules();
    };
    // Each time another one's term may be found to be higher.
    for (int i = 0; i == 0 || (!failed() && !world().Rules()); ++i) {
      if (i == 5) return Violated("every controller is superseded");
      Rule();
      world().RunUntil(done, over);
    }
    if (!failed()) CheckRest();
    if (!failed()) CheckThatItWorks();
  }

  bool Becomes(const std::string& id, sunder::v1::FaultState state) {
    return world().RunUntil(
        [&] { return failed() || world().State(id) == state; },
        absl::Seconds(2));
  }

  // Whatever has been, the next fault comes in force and is healed.
  void CheckThatItWorks() {
    Rule();
    sunder::v1::FaultSpec spec;
    spec.mutable_duration()->set_seconds(60);
    std::vector<int> all(world().hosts());
    std::iota(all.begin(), all.end(), 0);
    const auto id = world().TryCreate(all, spec);
    if (!id.ok()) return Violated(std::string(id.status().message()));
    if (!Becomes(*id, sunder::v1::FAULT_STATE_IN_FORCE)) {
      return Violated(absl::StrCat(*id, " does not come in force"));
    }
    RunUntil(world().now() + 2 * world().options().lease);
    if (world().State(*id) != sunder::v1::FAULT_STATE_IN_FORCE) {
      return Violated(absl::StrCat(*id, " does not stay in force"));
    }
    world().Heal(*id);
    if (!Becomes(*id, sunder::v1::FAULT_STATE_HEALED)) {
      return Violated(absl::StrCat(*id, " is not healed"));
    }
  }

  // A controller that starts may yet hear of a higher term.
  void Rule() {
    while (!failed() && !world().Rules()) {
      world().StartController();
      RunUntil(world().now() + absl::Seconds(3));
    }
  }

  bool AllEnded() {
    return std::all_of(walked_.ids.begin(), walked_.ids.end(),
                       [this](const std::string& id) {
                         return controller::IsFinal(world().State(id)) ||
                                !world().disk.records.contains(id);
                       });
  }

  void CheckRest() {
    for (const std::string& id : walked_.ids) {
      if (!world().disk.records.contains(id)) {
        // The controller died before the record was written: before that
        // nothing is sent to anybody. Or it was lost.
        if (!walked_.went_back && world().invariants().ever_dropped(id)) {
          Violated(absl::StrCat(id, " has no record, but was in force"));
        }
      } else if (!controller::IsFinal(world().State(id))) {
        Violated(absl::StrCat(
            id, " does not end: ", world().View(id).ShortDebugString()));
      }
    }
    // What nobody knows any more ends by its time to live.
    RunUntil(world().now() + absl::Seconds(31));
    CheckNothingIsLeft();
    // Until the last copy has come, agents may hear of a controller that is
    // long gone, of which ours hears when it asks them next.
    RunUntil(world().last_copy() + world().options().idle_exchange +
             absl::Seconds(3));
    CheckNothingIsLeft();
  }

  void CheckNothingIsLeft() {
    for (int host = 0; host < world().hosts(); ++host) {
      if (world().node(host).host().kernel().size() > 0) {
        Violated(
            absl::StrCat("something is left on ", world().node(host).name()));
      }
    }
  }

  void Count() {
    outcome_.steps = world().steps();
    for (const std::string& id : walked_.ids) {
      outcome_.dropped += world().invariants().ever_dropped(id) ? 1 : 0;
      if (!world().controller_alive()) continue;
      outcome_.followed += world().View(id).generation() > 1 ? 1 : 0;
    }
  }

  const Script& script_;
  Walked walked_;
  Outcome outcome_;
};

// What is wrong, whichever the fault and the host.
std::string KindOf(std::string violation) {
  std::erase_if(violation, [](char c) { return absl::ascii_isdigit(c); });
  return violation;
}

bool Fails(const Script& script, const std::string& kind) {
  return KindOf(Play(script).violation) == kind;
}

// Without `count` incidents from `first` on.
Script Without(const Script& script, size_t first, size_t count) {
  Script less = script;
  const auto begin = less.incidents.begin() + static_cast<ptrdiff_t>(first);
  const size_t most = less.incidents.size() - first;
  less.incidents.erase(begin,
                       begin + static_cast<ptrdiff_t>(std::min(count, most)));
  return less;
}

// What makes a script easier to read, where it still fails.
void Simplify(Script& script, const std::string& kind) {
  const Script plain;
  for (int Script::*setting :
       {&Script::lost_per_mille, &Script::repeated_per_mille,
        &Script::slowest_ms, &Script::disk_us}) {
    Script simpler = script;
    simpler.*setting = plain.*setting;
    if (Fails(simpler, kind)) script = std::move(simpler);
  }
}

}  // namespace

Outcome Play(const Script& script,
             const std::function<void(const std::string&)>& journal) {
  return Player(script, journal).Play();
}

Script Shrink(const Script& failing) {
  const std::string kind = KindOf(Play(failing).violation);
  Script script = failing;
  Simplify(script, kind);
  // By ever smaller parts, until no single one can be left out.
  size_t part = std::max<size_t>(1, script.incidents.size() / 2);
  while (true) {
    bool shorter = false;
    for (size_t first = 0; first < script.incidents.size();) {
      Script less = Without(script, first, part);
      if (Fails(less, kind)) {
        script = std::move(less);
        shorter = true;
      } else {
        first += part;
      }
    }
    if (part == 1 && !shorter) break;
    part = std::max<size_t>(1, part / 2);
  }
  Simplify(script, kind);
  return script;
}

std::string Explain(const Script& failing) {
  const Script script = Shrink(failing);
  std::string lines;
  const Outcome outcome = Play(script, [&lines](const std::string& line) {
    absl::StrAppend(&lines, line, "\n");
  });
  return absl::StrCat(outcome.violation, "\nafter ", outcome.steps,
                      " steps of this script:\n", ToText(script),
                      "What happens in it:\n", lines);
}

}  // namespace sunder::simulation
