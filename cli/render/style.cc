#include "cli/render/style.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sunder::cli {
namespace {

absl::string_view Sgr(Tone tone) {
  switch (tone) {
    case Tone::kStrong:
      return "1";
    case Tone::kGood:
      return "32";
    case Tone::kBad:
      return "31";
    case Tone::kWarn:
      return "33";
    case Tone::kFaint:
      return "2";
    case Tone::kPlain:
      break;
  }
  return "";
}

}  // namespace

std::string Style::Paint(Tone tone, absl::string_view text) const {
  if (!colour || tone == Tone::kPlain || text.empty()) {
    return std::string(text);
  }
  return absl::StrCat("\033[", Sgr(tone), "m", text, "\033[0m");
}

std::string Clean(absl::string_view text) {
  std::string clean;
  for (const char c : text) {
    if (c == '\n' || c == '\t') {
      clean += ' ';
    } else {
      clean += absl::ascii_iscntrl(static_cast<unsigned char>(c)) ? '?' : c;
    }
  }
  return clean;
}

}  // namespace sunder::cli
