#include "controller/planner/shown.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace sunder::controller {
namespace {

constexpr size_t kLongestShown = 200;

// A lead byte's range, the length of its characters, and the range of the
// second byte; all later ones are 80..BF (Unicode, table 3-7).
struct Form {
  uint8_t first, last;
  size_t length;
  uint8_t second_first, second_last;
};
constexpr Form kShownForms[] = {
    {0xc2, 0xdf, 2, 0x80, 0xbf}, {0xe0, 0xe0, 3, 0xa0, 0xbf},
    {0xe1, 0xec, 3, 0x80, 0xbf}, {0xed, 0xed, 3, 0x80, 0x9f},
    {0xee, 0xef, 3, 0x80, 0xbf}, {0xf0, 0xf0, 4, 0x90, 0xbf},
    {0xf1, 0xf3, 4, 0x80, 0xbf}, {0xf4, 0xf4, 4, 0x80, 0x8f},
};

bool IsContinuation(char c) { return (static_cast<uint8_t>(c) & 0xc0) == 0x80; }

// The length of the character at the front of `text`; 0: there is none.
size_t CharacterLength(absl::string_view text) {
  const auto lead = static_cast<uint8_t>(text[0]);
  if (lead < 0x80) return absl::ascii_iscntrl(lead) ? 0 : 1;
  for (const Form& form : kShownForms) {
    if (lead < form.first || lead > form.last) continue;
    if (text.size() < form.length) return 0;
    const auto second = static_cast<uint8_t>(text[1]);
    const bool valid =
        second >= form.second_first && second <= form.second_last &&
        std::all_of(text.begin() + 2,
                    text.begin() + static_cast<ptrdiff_t>(form.length),
                    IsContinuation);
    return valid ? form.length : 0;
  }
  return 0;
}

}  // namespace

bool IsPlainText(absl::string_view text) {
  while (!text.empty()) {
    const size_t length = CharacterLength(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string Shown(absl::string_view text) {
  size_t end = std::min(text.size(), kLongestShown);
  while (end > 0 && end < text.size() && IsContinuation(text[end])) --end;
  const absl::string_view shown = text.substr(0, end);
  std::string result =
      IsPlainText(shown) ? std::string(shown) : absl::CHexEscape(shown);
  if (end < text.size()) result += "...";
  return result;
}

}  // namespace sunder::controller
