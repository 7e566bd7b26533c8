#include "cli/render/timeline.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/core/life.h"
#include "cli/render/table.h"
#include "cli/render/words.h"

namespace sunder::cli {
namespace {

struct Event {
  v1::Instant instant;
  std::string what;
};

std::vector<Event> EventsOf(const v1::Fault& fault) {
  std::vector<Event> events;
  const auto add = [&](bool is_set, const v1::Instant& instant,
                       std::string what) {
    if (is_set) events.push_back({instant, std::move(what)});
  };
  add(fault.has_created(), fault.created(), "created");
  add(fault.has_start(), fault.start(), "cut begins everywhere (T0)");
  for (const v1::HostStatus& host : fault.hosts()) {
    add(host.has_staged(), host.staged(), absl::StrCat(host.host(), " staged"));
    add(host.has_in_force(), host.in_force(),
        absl::StrCat(host.host(), " in force, read back"));
    add(host.has_healed(), host.healed(),
        absl::StrCat(host.host(), host.state() == v1::HOST_STATE_EXPIRED
                                      ? " expired"
                                      : " healed, read back"));
  }
  add(fault.has_in_force(), fault.in_force(), "in force everywhere");
  add(fault.has_heal_began(), fault.heal_began(), "heal begins");
  add(fault.has_whole(), fault.whole(), "whole everywhere");
  add(fault.has_end() && !IsFinal(fault.state()), fault.end(),
      "ends at the latest");
  std::stable_sort(events.begin(), events.end(),
                   [](const Event& a, const Event& b) {
                     return TimeOf(a.instant) < TimeOf(b.instant);
                   });
  return events;
}

}  // namespace

std::string TimelineText(const v1::Fault& fault, const Style& style) {
  const std::vector<Event> events = EventsOf(fault);
  if (events.empty()) return "";
  const absl::Time zero = fault.has_start() ? TimeOf(fault.start())
                                            : TimeOf(events.front().instant);
  Table table({"AT", "FROM START", "WHAT"});
  for (const Event& event : events) {
    table.Add({InstantText(true, event.instant, style),
               absl::StrFormat("%+.3fs", absl::ToDoubleSeconds(
                                             TimeOf(event.instant) - zero)),
               event.what});
  }
  return table.Text(style);
}

}  // namespace sunder::cli
