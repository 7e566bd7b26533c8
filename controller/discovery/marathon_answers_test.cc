#include "controller/discovery/marathon_answers.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(MarathonAnswers, ErrorsComeInEveryForm) {
  EXPECT_EQ(ParseError(R"({"message":"App '/x' does not exist"})").text,
            "App '/x' does not exist");
  EXPECT_EQ(ParseError(R"({"message":"bad","details":"text"})").text,
            "bad: text");
  EXPECT_THAT(ParseError(R"({"message":"Object is not valid","details":[
                 {"path":"/id","errors":["must be set"]}]})")
                  .text,
              HasSubstr("must be set"));
  EXPECT_THAT(ParseError(R"({"message":7,"details":{"a":1}})").text,
              HasSubstr("7"));
  EXPECT_EQ(ParseError("").text, "an empty answer");
  EXPECT_EQ(ParseError("[1]").text, "[1]");
  EXPECT_TRUE(ParseError(R"({"message":"x"})").is_json);
}

TEST(MarathonAnswers, HtmlBecomesItsText) {
  const MarathonError error = ParseError(
      "<html>\n<head><title>Error 401</title></head>\r\n<body><h2>HTTP ERROR "
      "401</h2>\n</body></html>");
  EXPECT_EQ(error.text, "Error 401 HTTP ERROR 401");
  EXPECT_FALSE(error.is_json);
  EXPECT_LT(ParseError(std::string(1 << 20, 'x')).text.size(), 200u);
  EXPECT_THAT(ParseError("a\x01\nb").text, Not(HasSubstr("\n")));
}

TEST(MarathonAnswers, AConflictNamesTheDeployments) {
  const MarathonError error = ParseError(
      R"({"message":"App is locked","deployments":[{"id":"d1"},{"id":"d2"},7]})");
  EXPECT_THAT(error.deployments, ElementsAre("d1", "d2"));
}

TEST(MarathonAnswers, AKillAnswersWithTasksOrADeployment) {
  auto answer = ParseKillAnswer(R"({"tasks":[{"id":"a.1","host":7}]})");
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(*answer->task_ids, ElementsAre("a.1"));
  answer = ParseKillAnswer(R"({"tasks":[]})");
  ASSERT_TRUE(answer.ok());
  EXPECT_THAT(*answer->task_ids, IsEmpty());
  answer = ParseKillAnswer(R"({"version":"v","deploymentId":"d"})");
  ASSERT_TRUE(answer.ok());
  EXPECT_FALSE(answer->task_ids.has_value());
  EXPECT_EQ(answer->deployment_id, "d");
}

TEST(MarathonAnswers, AKillAnswerThatIsNoneIsRefused) {
  for (const char* body :
       {"", "<html/>", "[]", "{}", R"({"tasks":7})", R"({"tasks":[7]})",
        R"({"tasks":[{}]})", R"({"deploymentId":[]})"}) {
    EXPECT_FALSE(ParseKillAnswer(body).ok()) << body;
  }
}

TEST(MarathonAnswers, AStatusUpdateSaysGoneOfItsOwnTaskInAFinalState) {
  const auto update = [](const std::string& state) {
    return ParseEvent("status_update_event",
                      R"({"taskId":"a.1","taskStatus":")" + state + "\"}");
  };
  for (const char* state :
       {"TASK_KILLED", "TASK_FINISHED", "TASK_FAILED", "TASK_ERROR",
        "TASK_GONE", "TASK_DROPPED", "TASK_GONE_BY_OPERATOR"}) {
    EXPECT_TRUE(SaysGone(update(state), "a.1")) << state;
    EXPECT_FALSE(SaysGone(update(state), "a.2")) << state;
  }
  for (const char* state : {"TASK_KILLING", "TASK_LOST", "TASK_UNREACHABLE",
                            "TASK_RUNNING", "KILLED", ""}) {
    EXPECT_FALSE(SaysGone(update(state), "a.1")) << state;
  }
}

TEST(MarathonAnswers, AnInstanceSaysGoneOnlyOfATaskWithoutIncarnation) {
  const auto changed = [](const std::string& instance) {
    return ParseEvent(
        "instance_changed_event",
        R"({"condition":"Killed","instanceId":")" + instance + "\"}");
  };
  EXPECT_TRUE(SaysGone(changed("a_b.marathon-uuid"), "a_b.uuid"));
  EXPECT_FALSE(SaysGone(changed("a_b.marathon-other"), "a_b.uuid"));
  EXPECT_FALSE(
      SaysGone(changed("a_b.instance-uuid"), "a_b.instance-uuid._app.2"));
}

TEST(MarathonAnswers, AnEventThatCannotBeReadHasItsTypeAlone) {
  for (const char* data : {"", "x", "[]", R"({"taskId":7,"taskStatus":[]})"}) {
    const TaskEvent event = ParseEvent("status_update_event", data);
    EXPECT_EQ(event.type, "status_update_event");
    EXPECT_TRUE(ChangesTasks(event));
    EXPECT_FALSE(SaysGone(event, "a.1"));
    EXPECT_FALSE(SaysGone(event, ""));
  }
  EXPECT_EQ(ParseEvent("", R"({"eventType":"pod_updated_event"})").type,
            "pod_updated_event");
  EXPECT_FALSE(ChangesTasks(ParseEvent("subscribe_event", "{}")));
}

}  // namespace
}  // namespace sunder::controller
