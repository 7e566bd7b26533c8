#include "controller/planner/selector_term.h"

#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/error_detail.h"
#include "controller/planner/shown.h"

namespace sunder::controller {
namespace {

constexpr size_t kLongestSelector = 1 << 20;  // Ten thousand task ids fit.

absl::Status SyntaxError(absl::string_view subject, absl::string_view problem,
                         absl::string_view advice) {
  const std::string shown = Shown(subject);
  return ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                         absl::StrCat("selector \"", shown, "\": ", problem),
                         "BAD_SELECTOR", shown, advice);
}

// Commas outside parentheses part terms.
absl::StatusOr<std::vector<absl::string_view>> SplitTerms(
    absl::string_view selector) {
  std::vector<absl::string_view> terms;
  size_t begin = 0;
  bool inside = false;
  for (size_t i = 0; i < selector.size(); ++i) {
    const char c = selector[i];
    if ((c == '(' && inside) || (c == ')' && !inside)) {
      return SyntaxError(selector,
                         absl::StrCat("stray '", std::string(1, c), "'"),
                         "Write a list of values as: rack in (r1,r2)");
    }
    if (c == '(') inside = true;
    if (c == ')') inside = false;
    if (c == ',' && !inside) {
      terms.push_back(selector.substr(begin, i - begin));
      begin = i + 1;
    }
  }
  if (inside) {
    return SyntaxError(selector, "a '(' is never closed",
                       "Write a list of values as: rack in (r1,r2)");
  }
  terms.push_back(selector.substr(begin));
  return terms;
}

std::pair<SelectorTerm::Prefix, absl::string_view> TakePrefix(
    absl::string_view term) {
  using Prefix = SelectorTerm::Prefix;
  constexpr std::pair<absl::string_view, Prefix> kPrefixes[] = {
      {"host:", Prefix::kHost}, {"app:", Prefix::kApp},
      {"task:", Prefix::kTask}, {"cidr:", Prefix::kCidr},
      {"dns:", Prefix::kDns},
  };
  for (const auto& [text, prefix] : kPrefixes) {
    if (absl::ConsumePrefix(&term, text)) return {prefix, term};
  }
  return {Prefix::kNone, term};
}

bool IsPlain(absl::string_view text) {
  return !text.empty() && text.find_first_of("=!() \t") == text.npos;
}

// `key in (a,b)`, where `open` is the place of the '('.
std::optional<LabelTest> ParseIn(absl::string_view body, size_t open) {
  absl::string_view before =
      absl::StripTrailingAsciiWhitespace(body.substr(0, open));
  if (!absl::ConsumeSuffix(&before, "in") || before.empty() ||
      !absl::ascii_isspace(before.back()) || body.back() != ')') {
    return {};
  }
  LabelTest test;
  test.key = std::string(absl::StripAsciiWhitespace(before));
  for (absl::string_view value :
       absl::StrSplit(body.substr(open + 1, body.size() - open - 2), ',')) {
    value = absl::StripAsciiWhitespace(value);
    if (!IsPlain(value)) return {};
    test.values.emplace_back(value);
  }
  if (!IsPlain(test.key)) return {};
  return test;
}

std::optional<LabelTest> ParseComparison(absl::string_view body,
                                         size_t equals) {
  LabelTest test;
  absl::string_view key = body.substr(0, equals);
  test.negated = absl::ConsumeSuffix(&key, "!");
  key = absl::StripAsciiWhitespace(key);
  const absl::string_view value =
      absl::StripAsciiWhitespace(body.substr(equals + 1));
  if (!IsPlain(key) || !IsPlain(value)) return {};
  test.key = std::string(key);
  test.values.emplace_back(value);
  return test;
}

absl::StatusOr<SelectorTerm> ParseTerm(absl::string_view selector,
                                       absl::string_view text) {
  SelectorTerm term;
  term.written = Shown(text);
  absl::string_view body;
  std::tie(term.prefix, body) = TakePrefix(text);
  body = absl::StripAsciiWhitespace(body);
  term.body = std::string(body);
  if (body.empty()) {
    return SyntaxError(
        selector,
        text.empty() ? std::string("an empty term")
                     : absl::StrCat("nothing follows \"", Shown(text), "\""),
        "Name members and part them with single commas, as in: n1,n2");
  }
  const size_t open = body.find('(');
  const size_t equals = body.find('=');
  if (open == body.npos && equals == body.npos && body.find('!') == body.npos) {
    return term;
  }
  term.label = open != body.npos     ? ParseIn(body, open)
               : equals != body.npos ? ParseComparison(body, equals)
                                     : std::nullopt;
  if (!term.label) {
    return SyntaxError(text, "not a test of a label",
                       "Write one of: rack=r1, rack!=r1, rack in (r1,r2)");
  }
  return term;
}

}  // namespace

absl::StatusOr<std::vector<SelectorTerm>> ParseSelector(
    absl::string_view selector) {
  if (selector.size() > kLongestSelector) {
    return SyntaxError(
        selector, absl::StrCat("longer than ", kLongestSelector, " characters"),
        "Name apps or labels instead of every task");
  }
  if (!IsPlainText(selector)) {
    return SyntaxError(selector, "not plain text",
                       "Use UTF-8 without control characters");
  }
  const auto texts = SplitTerms(selector);
  if (!texts.ok()) return texts.status();
  std::vector<SelectorTerm> terms;
  for (absl::string_view text : *texts) {
    absl::StatusOr<SelectorTerm> term =
        ParseTerm(selector, absl::StripAsciiWhitespace(text));
    if (!term.ok()) return term.status();
    terms.push_back(*std::move(term));
  }
  return terms;
}

}  // namespace sunder::controller
