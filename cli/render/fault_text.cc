#include "cli/render/fault_text.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"
#include "cli/core/life.h"
#include "cli/render/table.h"
#include "cli/render/timeline.h"
#include "cli/render/words.h"

namespace sunder::cli {
namespace {

std::string Line(absl::string_view key, absl::string_view value) {
  if (value.empty()) return "";
  return absl::StrFormat("  %-9s %s\n", key, value);
}

uint64_t SeedOf(const v1::Fault& fault) {
  return fault.plan().seed() != 0 ? fault.plan().seed() : fault.spec().seed();
}

std::string SkewText(const v1::Fault& fault) {
  const std::optional<Skew> skew = InForceSkew(fault);
  if (!skew) return "";
  return absl::StrCat(ShortDuration(skew->apart), " +/-",
                      ShortDuration(skew->uncertainty),
                      " between the first and the last host's read-back");
}

std::string UntilText(const v1::Fault& fault, const Style& style) {
  if (!fault.has_end()) return "";
  return absl::StrCat(InstantText(true, fault.end(), style), " (",
                      ShortDuration(DurationOf(fault.spec())),
                      " after its start)");
}

std::string HostsText(const v1::Fault& fault, const Style& style) {
  Table table({"HOST", "STATE", "GEN", "STAGED", "IN FORCE", "HEALED",
               "EXPIRES", "UNKNOWN UNTIL", "DROPPED", "BYTES", "ERROR"});
  for (const v1::HostStatus& host : fault.hosts()) {
    const bool is_gone = host.state() == v1::HOST_STATE_HEALED ||
                         host.state() == v1::HOST_STATE_EXPIRED;
    table.Add(
        {Cell(host.host()), Cell(Word(host.state()), ToneOf(host.state())),
         Cell(absl::StrCat(host.generation())),
         Cell(InstantText(host.has_staged(), host.staged(), style)),
         Cell(InstantText(host.has_in_force(), host.in_force(), style)),
         Cell(InstantText(host.has_healed(), host.healed(), style)),
         Cell(is_gone ? ""
                      : InstantText(host.has_expiry(), host.expiry(), style)),
         Cell(InstantText(host.has_unknown_until(), host.unknown_until(),
                          style)),
         Cell(absl::StrCat(host.dropped_packets())),
         Cell(absl::StrCat(host.dropped_bytes())),
         Cell(host.error(), Tone::kBad)});
  }
  return table.Text(style);
}

}  // namespace

std::string Title(const v1::Fault& fault) {
  std::string id = ShortId(fault.id());
  if (fault.spec().name().empty()) return id;
  return absl::StrCat(id, " (", Clean(fault.spec().name()), ")");
}

std::string SidesText(const v1::Plan& plan) {
  std::map<int, std::vector<std::string>> sides;
  for (const v1::Member& member : plan.members()) {
    sides[member.side()].push_back(Clean(member.name()));
  }
  std::vector<std::string> texts;
  std::string rest;
  for (const auto& [side, names] : sides) {
    constexpr size_t kMost = 8;
    std::string text = absl::StrJoin(
        absl::MakeConstSpan(names).first(std::min(names.size(), kMost)), ", ");
    if (names.size() > kMost) {
      absl::StrAppend(&text, " and ", names.size() - kMost, " more");
    }
    if (side < 0) {
      rest = absl::StrCat("; cut from nobody: ", text);
    } else {
      texts.push_back(text);
    }
  }
  return absl::StrCat(absl::StrJoin(texts, " | "), rest);
}

std::string FaultsText(const controller::v1::ListFaultsResponse& response,
                       const Style& style) {
  if (response.faults().empty()) return "No faults.\n";
  Table table({"FAULT", "NAME", "STATE", "HOSTS", "MEMBERS", "SINCE", "UNTIL",
               "OWNER", "REASON"});
  for (const v1::Fault& fault : response.faults()) {
    table.Add(
        {Cell(ShortId(fault.id())), Cell(fault.spec().name()),
         Cell(Word(fault.state()), ToneOf(fault.state())),
         Cell(absl::StrCat(PresentHosts(fault).size())),
         Cell(SidesText(fault.plan())),
         Cell(fault.has_start() ? Clock(TimeOf(fault.start()), style) : ""),
         Cell(fault.has_end() ? Clock(TimeOf(fault.end()), style) : ""),
         Cell(fault.spec().owner()), Cell(fault.reason())});
  }
  return table.Text(style);
}

std::string InForceText(const v1::Fault& fault, const Style& style) {
  std::string text = absl::StrCat(
      "Fault ", style.Paint(Tone::kStrong, Title(fault)), " is ",
      Word(fault.state()), " on ",
      Count(static_cast<int64_t>(PresentHosts(fault).size()), "host"), ".\n");
  absl::StrAppend(
      &text, Line("seed", absl::StrCat(SeedOf(fault))),
      Line("who", SidesText(fault.plan())),
      Line("since", InstantText(fault.has_start(), fault.start(), style)),
      Line("confirmed",
           InstantText(fault.has_in_force(), fault.in_force(), style)),
      Line("skew", SkewText(fault)), Line("until", UntilText(fault, style)));
  if (fault.spec().hold()) {
    absl::StrAppend(&text, Line("heal", "Ctrl-C, or the end of this program"));
  } else {
    absl::StrAppend(
        &text, Line("heal", absl::StrCat("sunder heal ", ShortId(fault.id()))));
  }
  for (const std::string& note : fault.plan().notes()) {
    absl::StrAppend(&text, Line("note", Clean(note)));
  }
  return text;
}

std::string HealedText(const v1::Fault& fault, const Style& style) {
  uint64_t packets = 0;
  for (const v1::HostStatus& host : fault.hosts()) {
    packets += host.dropped_packets();
  }
  std::string text =
      absl::StrCat("Fault ", style.Paint(Tone::kStrong, Title(fault)), " is ",
                   style.Paint(ToneOf(fault.state()), Word(fault.state())));
  if (fault.has_whole()) {
    absl::StrAppend(&text, ", whole since ",
                    InstantText(true, fault.whole(), style));
  }
  absl::StrAppend(&text, "; ", Count(static_cast<int64_t>(packets), "packet"),
                  " dropped.\n");
  return text;
}

std::string ShowText(const v1::Fault& fault, const Style& style) {
  std::string text = absl::StrCat(
      "Fault ", style.Paint(Tone::kStrong, fault.id()), "\n",
      Line("name", Clean(fault.spec().name())),
      Line("state", style.Paint(ToneOf(fault.state()), Word(fault.state()))),
      Line("reason", Clean(fault.reason())),
      Line("owner", Clean(fault.spec().owner())),
      Line("seed", absl::StrCat(SeedOf(fault))),
      Line("who", SidesText(fault.plan())),
      Line("created",
           fault.has_created() ? Day(TimeOf(fault.created()), style) : ""),
      Line("until", UntilText(fault, style)), Line("skew", SkewText(fault)));
  for (const std::string& note : fault.plan().notes()) {
    absl::StrAppend(&text, Line("note", Clean(note)));
  }
  absl::StrAppend(&text, "\n", HostsText(fault, style), "\n",
                  TimelineText(fault, style));
  return text;
}

std::string ChangeLine(const v1::Fault& fault, absl::Time now,
                       const Style& style) {
  std::string text =
      absl::StrCat(Clock(now, style), " ", ShortId(fault.id()), " ",
                   style.Paint(ToneOf(fault.state()), Word(fault.state())));
  std::vector<std::string> hosts;
  for (const v1::HostStatus& host : fault.hosts()) {
    std::string part =
        absl::StrCat(Clean(host.host()), " ", Word(host.state()));
    if (host.dropped_packets() > 0) {
      absl::StrAppend(&part, " (", host.dropped_packets(), " dropped)");
    }
    if (!host.error().empty()) {
      absl::StrAppend(&part, " [", Clean(host.error()), "]");
    }
    hosts.push_back(std::move(part));
  }
  if (!hosts.empty()) absl::StrAppend(&text, ": ", absl::StrJoin(hosts, ", "));
  if (!fault.reason().empty()) {
    absl::StrAppend(&text, "; ", Clean(fault.reason()));
  }
  return absl::StrCat(text, "\n");
}

std::string ProgressLine(const v1::Fault& fault) {
  std::map<v1::HostState, std::vector<std::string>> by_state;
  for (const v1::HostStatus& host : fault.hosts()) {
    by_state[host.state()].push_back(Clean(host.host()));
  }
  std::vector<std::string> parts;
  parts.reserve(by_state.size());
  for (const auto& [state, hosts] : by_state) {
    parts.push_back(
        hosts.size() > 3
            ? absl::StrCat(Count(static_cast<int64_t>(hosts.size()), "host"),
                           " ", Word(state))
            : absl::StrCat(absl::StrJoin(hosts, ", "), " ", Word(state)));
  }
  return absl::StrCat("fault ", ShortId(fault.id()), " ", Word(fault.state()),
                      parts.empty() ? "" : ": ", absl::StrJoin(parts, "; "));
}

std::string RemnantsText(const v1::Fault& fault, const Style& style) {
  const std::vector<Remnant> remnants = Remnants(fault);
  if (remnants.empty()) {
    // No host is named yet; the end bounds each of them.
    return absl::StrCat("its hosts until ", Clock(LatestEnd(fault), style));
  }
  return absl::StrJoin(remnants, ", ",
                       [&](std::string* out, const Remnant& remnant) {
                         absl::StrAppend(out, Clean(remnant.host), " until ",
                                         Clock(remnant.until, style));
                       });
}

}  // namespace sunder::cli
