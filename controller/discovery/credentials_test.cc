#include "controller/discovery/credentials.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Credentials, ALineIsAUserOrAToken) {
  const auto basic = ParseCredentials("# marathon\n\nada:love:lace\n");
  ASSERT_TRUE(basic.ok());
  EXPECT_EQ(basic->Header(), "Basic YWRhOmxvdmU6bGFjZQ==");
  const auto token = ParseCredentials("token=ey.J:x\r\n");
  ASSERT_TRUE(token.ok());
  EXPECT_EQ(token->Header(), "token=ey.J:x");
  EXPECT_EQ(Credentials{}.Header(), "");
}

TEST(Credentials, ErrorsDoNotRepeatThem) {
  for (const char* text : {"", "#\n", "secret", ":secret",
                           "token=", "a:secret\nb:secret", "a:sec\x01ret"}) {
    const auto credentials = ParseCredentials(text);
    ASSERT_FALSE(credentials.ok()) << text;
    EXPECT_THAT(credentials.status().message(), Not(HasSubstr("sec")));
  }
  EXPECT_EQ(ReadCredentials("/nowhere").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sunder::controller
