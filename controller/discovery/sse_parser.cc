#include "controller/discovery/sse_parser.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace sunder::controller {
namespace {

constexpr absl::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool AllDigits(absl::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789") == absl::string_view::npos;
}

}  // namespace

absl::Status SseParser::Feed(absl::string_view piece,
                             std::vector<SseEvent>& events) {
  while (broken_.ok() && !piece.empty()) {
    if (after_return_ && piece.front() == '\n') piece.remove_prefix(1);
    after_return_ = false;
    const size_t end = piece.find_first_of("\r\n");
    const absl::string_view part = piece.substr(0, end);
    if (line_.size() + part.size() > limits_.line) {
      broken_ = absl::ResourceExhaustedError(absl::StrCat(
          "the event stream has a line above ", limits_.line, " bytes"));
      break;
    }
    line_.append(part.data(), part.size());
    if (end == absl::string_view::npos) break;
    after_return_ = piece[end] == '\r';
    piece.remove_prefix(end + 1);
    TakeLine(events);
  }
  return broken_;
}

void SseParser::TakeLine(std::vector<SseEvent>& events) {
  absl::string_view line = line_;
  if (first_line_) absl::ConsumePrefix(&line, kByteOrderMark);
  first_line_ = false;
  const size_t colon = line.find(':');
  if (line.empty()) {
    Dispatch(events);
  } else if (colon == absl::string_view::npos) {
    TakeField(line, "");
  } else if (colon > 0) {  // With 0 it is a comment.
    absl::string_view value = line.substr(colon + 1);
    absl::ConsumePrefix(&value, " ");
    TakeField(line.substr(0, colon), value);
  }
  line_.clear();
}

void SseParser::TakeField(absl::string_view name, absl::string_view value) {
  if (name == "event") {
    event_.type = std::string(value);
  } else if (name == "data") {
    if (event_.data.size() + value.size() + 1 > limits_.event) {
      broken_ = absl::ResourceExhaustedError(absl::StrCat(
          "the event stream has an event above ", limits_.event, " bytes"));
      return;
    }
    absl::StrAppend(&event_.data, value, "\n");
    has_data_ = true;
  } else if (name == "id") {
    if (value.find('\0') == absl::string_view::npos) {
      event_.id = std::string(value);
    }
  } else if (name == "retry") {
    int64_t milliseconds = 0;
    if (AllDigits(value) && absl::SimpleAtoi(value, &milliseconds)) {
      retry_ = absl::Milliseconds(milliseconds);
    }
  }
}

void SseParser::Dispatch(std::vector<SseEvent>& events) {
  if (has_data_) {
    event_.data.pop_back();  // The newline of the last data line.
    if (event_.type.empty()) event_.type = "message";
    events.push_back(event_);
  }
  event_.type.clear();
  event_.data.clear();
  has_data_ = false;
}

}  // namespace sunder::controller
