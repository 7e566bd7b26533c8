#include "cli/render/matrix.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/render/words.h"

namespace sunder::cli {
namespace {

constexpr int kMostMembers = 24;

// What is drawn as one row and one column: a member, or a whole side.
struct Block {
  std::string name;
  int side;
  int members;
};

std::vector<Block> MemberBlocks(const v1::Plan& plan) {
  std::vector<Block> blocks;
  for (const v1::Member& member : plan.members()) {
    blocks.push_back({Clean(member.name()), member.side(), 1});
  }
  return blocks;
}

std::vector<Block> SideBlocks(const v1::Plan& plan) {
  std::map<int, int> members_of;
  for (const v1::Member& member : plan.members()) ++members_of[member.side()];
  std::vector<Block> blocks;
  blocks.reserve(members_of.size());
  for (const auto& [side, members] : members_of) {
    blocks.push_back(
        {absl::StrCat(SideText(side), " (", Count(members, "member"), ")"),
         side, members});
  }
  // Who is cut from nobody comes last.
  std::stable_partition(blocks.begin(), blocks.end(),
                        [](const Block& block) { return block.side >= 0; });
  return blocks;
}

std::string Mark(bool is_cut, bool is_itself, const Style& style) {
  if (is_itself) return style.Paint(Tone::kFaint, "-");
  return is_cut ? style.Paint(Tone::kBad, "X") : style.Paint(Tone::kGood, ".");
}

}  // namespace

std::string Matrix(const v1::Plan& plan, const Style& style) {
  if (plan.members().empty()) return "";
  const std::vector<Block> blocks = plan.members_size() > kMostMembers
                                        ? SideBlocks(plan)
                                        : MemberBlocks(plan);
  std::set<std::pair<int, int>> cuts;
  for (const v1::SideCut& cut : plan.cuts()) {
    cuts.emplace(static_cast<int>(cut.from_side()),
                 static_cast<int>(cut.to_side()));
  }
  size_t width = 0;
  for (const Block& block : blocks) width = std::max(width, block.name.size());

  std::string text = std::string(width + 5, ' ');
  for (size_t from = 1; from <= blocks.size(); ++from) {
    absl::StrAppendFormat(&text, "%3d", from);
  }
  text += '\n';
  for (size_t to = 0; to < blocks.size(); ++to) {
    absl::StrAppendFormat(&text, "  %2d %-*s", to + 1, static_cast<int>(width),
                          blocks[to].name);
    for (size_t from = 0; from < blocks.size(); ++from) {
      absl::StrAppend(
          &text, "  ",
          Mark(cuts.count({blocks[from].side, blocks[to].side}) != 0,
               to == from && blocks[to].members == 1, style));
    }
    text += '\n';
  }
  return text;
}

}  // namespace sunder::cli
