#include "tests/simulation/script.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/simulation/incidents.h"

namespace sunder::simulation {
namespace {

constexpr int64_t kBegins = 1500;   // The controller knows the clocks by then.
constexpr int64_t kLasts = 25'000;  // From then on.

class Drawer {
 public:
  explicit Drawer(uint32_t seed) : random_(seed) {}
  int Below(int n) { return static_cast<int>(random_() % n); }
  int OneOf(std::initializer_list<int> values) {
    return values.begin()[Below(static_cast<int>(values.size()))];
  }

 private:
  std::mt19937 random_;
};

// What befalls in this script, each as often as it is drawn: mostly what two of
// them do, so that what hangs together meets.
std::vector<const Kind*> DrawMix(Drawer& draw) {
  constexpr int kOften = 6;
  constexpr Who kOthers[] = {Who::kUser, Who::kHost, Who::kOperator,
                             Who::kNetwork, Who::kController};
  const Who one = kOthers[draw.Below(5)], other = kOthers[draw.Below(5)];
  std::vector<const Kind*> mix;
  for (const Kind& kind : Kinds()) {
    const bool always = kind.who == Who::kRecovery;
    const int one_of = kind.who == one || kind.who == other ? 2 : 12;
    if (!always && draw.Below(one_of) != 0) continue;
    mix.insert(mix.end(), always ? kOften : 1 + draw.Below(2 * kOften), &kind);
  }
  return mix;
}

// The settings of a script, by their names in the text.
std::vector<std::pair<absl::string_view, int*>> Settings(Script& script) {
  return {{"hosts", &script.hosts},
          {"lost", &script.lost_per_mille},
          {"repeated", &script.repeated_per_mille},
          {"slowest", &script.slowest_ms},
          {"disk", &script.disk_us}};
}

}  // namespace

Script DrawScript(uint32_t seed) {
  Drawer draw(seed);
  Script script;
  script.seed = seed;
  script.hosts = draw.OneOf({2, 3, 3, 3, 4, 5});
  script.lost_per_mille = draw.OneOf({0, 0, 0, 10, 50});
  script.repeated_per_mille = draw.OneOf({0, 50, 200});
  script.slowest_ms = draw.OneOf({2, 2, 2, 20, 150});
  script.disk_us = draw.OneOf({300, 300, 20'000, 400'000});
  script.watch = draw.Below(4) != 0;
  const std::vector<const Kind*> mix = DrawMix(draw);
  const int gap = draw.OneOf({60, 150, 150, 400, 1000});
  int64_t at = kBegins;
  while (at < kBegins + kLasts) {
    const Kind& kind = *mix[draw.Below(static_cast<int>(mix.size()))];
    script.incidents.push_back({.at_ms = at,
                                .kind = std::string(kind.name),
                                .a = draw.Below(1000),
                                .b = draw.Below(1000)});
    at += 1 + draw.Below(2 * gap);
  }
  return script;
}

std::string ToText(const Script& script) {
  Script copy = script;
  std::string text = absl::StrCat("seed ", script.seed, "\n");
  for (const auto& [name, value] : Settings(copy)) {
    absl::StrAppend(&text, name, " ", *value, "\n");
  }
  absl::StrAppend(&text, "watch ", script.watch ? 1 : 0, "\n");
  for (const Incident& incident : script.incidents) {
    absl::StrAppend(&text, incident.at_ms, " ", incident.kind, " ", incident.a,
                    " ", incident.b, "\n");
  }
  return text;
}

absl::StatusOr<Script> ParseScript(absl::string_view text) {
  Script script;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (line.empty() || line[0] == '#') continue;
    const std::vector<absl::string_view> words = absl::StrSplit(line, ' ');
    Incident incident;
    if (words.size() == 4 && absl::SimpleAtoi(words[0], &incident.at_ms) &&
        absl::SimpleAtoi(words[2], &incident.a) &&
        absl::SimpleAtoi(words[3], &incident.b)) {
      incident.kind = std::string(words[1]);
      script.incidents.push_back(std::move(incident));
      continue;
    }
    int value = 0;
    bool known = words.size() == 2 && absl::SimpleAtoi(words[1], &value);
    if (known && words[0] == "seed") {
      known = absl::SimpleAtoi(words[1], &script.seed);
    } else if (known && words[0] == "watch") {
      script.watch = value != 0;
    } else if (known) {
      known = false;
      for (const auto& [name, setting] : Settings(script)) {
        if (name != words[0]) continue;
        *setting = value;
        known = true;
      }
    }
    if (!known) {
      return absl::InvalidArgumentError(absl::StrCat("not a script: ", line));
    }
  }
  return script;
}

}  // namespace sunder::simulation
