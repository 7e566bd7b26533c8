#include "controller/discovery/sse_parser.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<SseEvent> FeedWhole(const std::string& stream) {
  SseParser parser;
  std::vector<SseEvent> events;
  EXPECT_TRUE(parser.Feed(stream, events).ok());
  return events;
}

TEST(SseParser, ABlankLineEndsAnEvent) {
  EXPECT_THAT(
      FeedWhole("event: a\r\ndata: {\"x\":1}\r\n\r\nevent: b\r\n"
                "data: y\r\n\r\n"),
      ElementsAre(SseEvent{"a", "{\"x\":1}", ""}, SseEvent{"b", "y", ""}));
}

TEST(SseParser, AnEventThatNothingEndsIsNotOne) {
  EXPECT_THAT(FeedWhole("event: a\ndata: x\n"), IsEmpty());
}

TEST(SseParser, HeartbeatsAndCommentsAreNoEvents) {
  EXPECT_THAT(FeedWhole("\r\n\r\n: still here\r\n\r\n\n\r\r\n"), IsEmpty());
}

TEST(SseParser, DataLinesAreJoinedByNewlines) {
  EXPECT_THAT(FeedWhole("data: a\ndata\ndata:  b\n\n"),
              ElementsAre(SseEvent{"message", "a\n\n b", ""}));
}

TEST(SseParser, EmptyDataIsStillAnEvent) {
  EXPECT_THAT(FeedWhole("data\n\n"), ElementsAre(SseEvent{"message", "", ""}));
}

TEST(SseParser, ATypeWithoutDataIsForgotten) {
  EXPECT_THAT(FeedWhole("event: a\n\ndata: x\n\n"),
              ElementsAre(SseEvent{"message", "x", ""}));
}

TEST(SseParser, AByteOrderMarkIsSkippedAtTheStartAlone) {
  EXPECT_THAT(FeedWhole("\xEF\xBB\xBF"
                        "data: x\n\n\xEF\xBB\xBF"
                        "data: y\n\n"),
              ElementsAre(SseEvent{"message", "x", ""}));
}

TEST(SseParser, AnIdStaysUntilTheNextAndNulMakesItInvalid) {
  const std::string nul(1, '\0');
  EXPECT_THAT(
      FeedWhole("id: 7\ndata: a\n\ndata: b\n\nid: 8" + nul +
                "\ndata: c\n\nid\ndata: d\n\n"),
      ElementsAre(SseEvent{"message", "a", "7"}, SseEvent{"message", "b", "7"},
                  SseEvent{"message", "c", "7"}, SseEvent{"message", "d", ""}));
}

TEST(SseParser, RetryIsANumberOfMilliseconds) {
  SseParser parser;
  std::vector<SseEvent> events;
  ASSERT_TRUE(parser.Feed("retry: soon\nretry: -1\n", events).ok());
  EXPECT_FALSE(parser.retry().has_value());
  ASSERT_TRUE(parser.Feed("retry: 2500\n", events).ok());
  EXPECT_EQ(parser.retry(), absl::Milliseconds(2500));
}

TEST(SseParser, AnEndlessLineIsRefusedForGood) {
  SseParser parser({.line = 10, .event = 100});
  std::vector<SseEvent> events;
  EXPECT_TRUE(parser.Feed("data: 1234", events).ok());
  EXPECT_EQ(parser.Feed("5", events).code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(parser.Feed("\n\n", events).ok());
  EXPECT_THAT(events, IsEmpty());
}

TEST(SseParser, AnEndlessEventIsRefused) {
  SseParser parser({.line = 100, .event = 30});
  std::vector<SseEvent> events;
  absl::Status status;
  for (int i = 0; i < 10 && status.ok(); ++i) {
    status = parser.Feed("data: 12345\n", events);
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(events, IsEmpty());
}

// A stream of random lines, each with its own end.
std::string RandomStream(std::mt19937& random) {
  static const std::vector<std::string> kLines = {
      "data: a", "data:b",  "data",    "event: t",     "event",
      ": c",     "id: 1",   "id",      "retry: 5",     "",
      "",        "unknown", "data: :", "\xEF\xBB\xBF", "data: \xC3\xA9"};
  static const std::vector<std::string> kEnds = {"\r\n", "\n", "\r"};
  std::string stream;
  for (int i = 0; i < 40; ++i) {
    absl::StrAppend(&stream, kLines[random() % kLines.size()],
                    kEnds[random() % kEnds.size()]);
  }
  return stream;
}

TEST(SseParser, AnySplitGivesTheSameEvents) {
  std::mt19937 random(1);
  for (int round = 0; round < 2000; ++round) {
    const std::string stream = RandomStream(random);
    const std::vector<SseEvent> expected = FeedWhole(stream);
    SseParser parser;
    std::vector<SseEvent> events;
    for (size_t at = 0; at < stream.size();) {
      const size_t size = random() % 4;
      ASSERT_TRUE(parser
                      .Feed(absl::string_view(stream).substr(
                                at, std::min(size, stream.size() - at)),
                            events)
                      .ok());
      at += std::min(size, stream.size() - at);
    }
    ASSERT_EQ(events, expected) << stream;
  }
}

TEST(SseParser, TheKindOfLineEndDoesNotMatter) {
  const std::string stream = "event: a\n: c\ndata: x\ndata: y\n\n\ndata: z\n\n";
  const std::vector<SseEvent> expected = FeedWhole(stream);
  ASSERT_EQ(expected.size(), 2u);
  for (const char* end : {"\r", "\r\n"}) {
    EXPECT_EQ(FeedWhole(absl::StrReplaceAll(stream, {{"\n", end}})), expected);
  }
}

}  // namespace
}  // namespace sunder::controller
