#include "controller/planner/suggest.h"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/span.h"

namespace sunder::controller {
namespace {

// Longer texts are no typing errors, and the distance takes quadratic time.
constexpr size_t kLongestName = 128;
constexpr size_t kMost = 3;

// Characters to insert, delete or change to make `a` of `b`.
size_t Distance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> NearMisses(absl::string_view text,
                                    const std::vector<std::string>& known) {
  if (text.empty() || text.size() > kLongestName) return {};
  const size_t farthest = std::max<size_t>(1, text.size() / 3);
  std::vector<std::pair<size_t, const std::string*>> near;
  for (const std::string& name : known) {
    if (name.size() > kLongestName) continue;
    const size_t longer = std::max(name.size(), text.size());
    const size_t shorter = std::min(name.size(), text.size());
    // A part that was left out is as likely as a typing error.
    if (text.size() >= 3 && absl::StrContains(name, text)) {
      near.emplace_back(farthest, &name);
    } else if (longer - shorter <= farthest) {
      const size_t distance = Distance(text, name);
      if (distance <= farthest) near.emplace_back(distance, &name);
    }
  }
  std::sort(near.begin(), near.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, *a.second) < std::tie(b.first, *b.second);
  });
  if (near.size() > kMost) near.resize(kMost);
  std::vector<std::string> names;
  names.reserve(near.size());
  for (const auto& [distance, name] : near) names.push_back(*name);
  return names;
}

std::string ListNames(const std::vector<std::string>& names, size_t limit) {
  if (names.size() <= limit) return absl::StrJoin(names, ", ");
  return absl::StrCat(
      absl::StrJoin(absl::MakeConstSpan(names).first(limit), ", "), " and ",
      names.size() - limit, " more");
}

}  // namespace sunder::controller
