#include "cli/render/plan_text.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/core/life.h"
#include "cli/render/matrix.h"
#include "cli/render/table.h"
#include "cli/render/words.h"

namespace sunder::cli {
namespace {

std::string Heading(const Style& style, absl::string_view text) {
  return absl::StrCat("\n", style.Paint(Tone::kStrong, text), "\n");
}

std::string AnyOf(const google::protobuf::RepeatedPtrField<std::string>& names,
                  absl::string_view all) {
  return names.empty() ? std::string(all) : absl::StrJoin(names, ", ");
}

std::string PortsText(const v1::Flow& flow) {
  const std::string source = Ports(flow.source_ports());
  const std::string destination = Ports(flow.destination_ports());
  if (source.empty() && destination.empty()) return "";
  if (source == destination) {
    return absl::StrCat(", port ", source, " on either side");
  }
  if (source.empty()) return absl::StrCat(", to port ", destination);
  if (destination.empty()) return absl::StrCat(", from port ", source);
  return absl::StrCat(", from port ", source, " or to port ", destination);
}

std::string MembersText(const v1::Plan& plan, const Style& style) {
  Table table({"MEMBER", "KIND", "HOST", "SIDE"});
  for (const v1::Member& member : plan.members()) {
    table.Add({member.name(), member.kind(), member.host(),
               member.side() < 0 ? "hears all" : absl::StrCat(member.side())});
  }
  return table.Text(style, "  ");
}

std::string FlowsText(const v1::Plan& plan, const Style& style) {
  std::string text;
  for (const v1::HostPlan& host : plan.hosts()) {
    absl::StrAppend(&text, "  ", style.Paint(Tone::kStrong, host.host()), "\n");
    for (const v1::Flow& flow : host.flows()) {
      absl::StrAppend(&text, "    drops ", Clean(FlowText(flow)));
      if (!flow.label().empty()) {
        absl::StrAppend(
            &text, style.Paint(Tone::kFaint,
                               absl::StrCat("  (", Clean(flow.label()), ")")));
      }
      text += '\n';
    }
    // Several tuples, of each address and direction, have one reason.
    std::set<std::string> spared;
    for (const v1::ProtectedTuple& tuple : host.protected_()) {
      spared.insert(Clean(tuple.why()));
    }
    if (!spared.empty()) {
      absl::StrAppend(&text, "    never drops ", absl::StrJoin(spared, ", "),
                      "\n");
    }
  }
  return text;
}

std::string RulesetsText(const controller::v1::CreateFaultResponse& response,
                         const Style& style) {
  std::string text;
  for (const controller::v1::HostRuleset& host : response.rulesets()) {
    if (!host.error().empty()) {
      absl::StrAppend(&text, Heading(style, host.host()), "  ",
                      style.Paint(Tone::kBad, "would refuse: "),
                      Clean(host.error()), "\n");
      continue;
    }
    absl::StrAppend(&text,
                    Heading(style, absl::StrCat("Rules of ", host.host())));
    for (absl::string_view line : absl::StrSplit(host.ruleset(), '\n')) {
      if (line.empty()) continue;
      // nft indents by tabs, which are to stay.
      std::string spaces;
      while (absl::StartsWith(line, "\t")) {
        spaces += "    ";
        line.remove_prefix(1);
      }
      absl::StrAppend(&text, "  ", spaces, Clean(line), "\n");
    }
  }
  return text;
}

}  // namespace

std::string FlowText(const v1::Flow& flow) {
  const std::string protocol = Word(flow.protocol());
  return absl::StrCat(protocol.empty() ? "everything" : protocol, " from ",
                      AnyOf(flow.sources(), "anybody"), " to ",
                      AnyOf(flow.destinations(), "any of its addresses"),
                      PortsText(flow));
}

std::string DryRunText(const controller::v1::CreateFaultResponse& response,
                       const Style& style) {
  const v1::Fault& fault = response.fault();
  const v1::Plan& plan = fault.plan();
  std::string text =
      absl::StrCat("Dry run: nothing is installed.\nFor ",
                   ShortDuration(DurationOf(fault.spec())), ", seed ",
                   plan.seed() != 0 ? plan.seed() : fault.spec().seed(), "\n");
  absl::StrAppend(&text, Heading(style, "Members"), MembersText(plan, style),
                  Heading(style,
                          "Who hears whom (a row hears a column: . yes, "
                          "X no)"),
                  Matrix(plan, style),
                  Heading(style, "What each host does with what it receives"),
                  FlowsText(plan, style));
  if (!plan.notes().empty()) {
    absl::StrAppend(&text, Heading(style, "Notes"));
    for (const std::string& note : plan.notes()) {
      absl::StrAppend(&text, "  - ", Clean(note), "\n");
    }
  }
  absl::StrAppend(&text, RulesetsText(response, style));
  return text;
}

}  // namespace sunder::cli
