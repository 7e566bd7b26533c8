#include "controller/planner/shown.h"

#include <string>

#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

TEST(Shown, PlainTextIsValidUtf8WithoutControls) {
  for (const char* text : {"", "n1", "Zo\xc3\xab", "\xe2\x82\xac",
                           "\xf0\x9f\x92\xa5", "\xef\xbf\xbd"}) {
    EXPECT_TRUE(IsPlainText(text)) << text;
    EXPECT_EQ(Shown(text), text);
  }
  for (const char* text : {"\x1b[2J", "\x7f", "a\xff", "\xc3", "\xc0\xaf",
                           "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                           "\xf5\x80\x80\x80", "\x80", "\xe2\x82", "\xc3("}) {
    EXPECT_FALSE(IsPlainText(text));
    EXPECT_TRUE(IsPlainText(Shown(text)));
  }
}

TEST(Shown, LongTextsEndAtACharacter) {
  std::string text(199, 'x');
  text += "\xe2\x82\xac and more";
  EXPECT_EQ(Shown(text), std::string(199, 'x') + "...");
}

}  // namespace
}  // namespace sunder::controller
