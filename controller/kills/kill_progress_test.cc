#include "controller/kills/kill_progress.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1000) + absl::Milliseconds(5);

sunder::v1::Task Task(const std::string& id, const std::string& app = "/a") {
  sunder::v1::Task task;
  task.set_id(id);
  task.set_app(app);
  task.set_host("n1");
  return task;
}

TaskEvent Update(const std::string& id, const std::string& state) {
  return {"status_update_event", id, "", state};
}

std::vector<std::string> Outcomes(const KillProgress& progress) {
  std::vector<std::string> result;
  for (const auto& task : progress.response().tasks()) {
    result.push_back(
        task.id() + " " +
        controller::v1::KillOutcome_Name(task.outcome()).substr(13));
  }
  return result;
}

TEST(KillProgress, AProtectedTaskIsRefusedWhateverHappens) {
  Victims victims;
  victims.chosen = {Task("b")};
  victims.refused = {{Task("a"), "ours"}};
  KillProgress progress(victims);
  EXPECT_TRUE(progress.Done());
  EXPECT_THAT(Outcomes(progress), ElementsAre("a REFUSED", "b UNSPECIFIED"));
  progress.Answered({{{"a", "b"}}, ""});
  progress.Happened(Update("a", "TASK_KILLED"), kNow);
  progress.Listed("/a", nullptr, kNow);
  EXPECT_THAT(Outcomes(progress), ElementsAre("a REFUSED", "b CONFIRMED"));
  EXPECT_EQ(progress.response().tasks(0).reason(), "ours");
}

TEST(KillProgress, WhatMarathonDoesNotNameIsIgnored) {
  KillProgress progress({{Task("a"), Task("b")}, {}});
  progress.Answered({{{"b", "stranger"}}, ""});
  EXPECT_THAT(Outcomes(progress), ElementsAre("a IGNORED", "b REQUESTED"));
  EXPECT_FALSE(progress.Done());
  progress.Listed("/a", nullptr, kNow);
  EXPECT_THAT(Outcomes(progress), ElementsAre("a IGNORED", "b CONFIRMED"));
  EXPECT_TRUE(progress.Done());
}

TEST(KillProgress, WithScaleEachTaskCountsAsNamed) {
  KillProgress progress({{Task("a")}, {}});
  progress.Answered({std::nullopt, "d1"});
  EXPECT_THAT(Outcomes(progress), ElementsAre("a REQUESTED"));
  EXPECT_EQ(progress.response().deployment_id(), "d1");
}

TEST(KillProgress, OnlyAnEventOfItsEndConfirms) {
  KillProgress progress({{Task("a")}, {}});
  progress.Happened(Update("a", "TASK_KILLED"), kNow);
  EXPECT_THAT(Outcomes(progress), ElementsAre("a UNSPECIFIED"))
      << "nothing was requested yet";
  progress.Answered({{{"a"}}, ""});
  for (const char* state : {"TASK_KILLING", "TASK_LOST", "TASK_UNREACHABLE"}) {
    progress.Happened(Update("a", state), kNow);
  }
  progress.Happened(Update("b", "TASK_KILLED"), kNow);
  EXPECT_THAT(Outcomes(progress), ElementsAre("a REQUESTED"));
  progress.Happened(Update("a", "TASK_FAILED"), kNow);
  EXPECT_THAT(Outcomes(progress), ElementsAre("a CONFIRMED"));
  const auto& task = progress.response().tasks(0);
  EXPECT_EQ(task.confirmed_at().seconds(), 1000);
  EXPECT_EQ(task.confirmed_at().nanos(), 5'000'000);
  EXPECT_THAT(task.reason(), HasSubstr("TASK_FAILED"));
}

TEST(KillProgress, AListingConfirmsByAbsenceOrByAnEndedState) {
  KillProgress progress({{Task("a"), Task("b"), Task("c", "/c")}, {}});
  progress.Answered({{{"a", "b", "c"}}, ""});
  MarathonContent listing;
  listing.tasks = {Task("a"), Task("replacement")};
  progress.Listed("/a", &listing, kNow);
  EXPECT_THAT(Outcomes(progress),
              ElementsAre("a REQUESTED", "b CONFIRMED", "c REQUESTED"));
  EXPECT_THAT(progress.WaitingApps(), ElementsAre("/a", "/c"));
  listing.tasks[0].set_state("TASK_UNREACHABLE");
  progress.Listed("/a", &listing, kNow);
  EXPECT_THAT(progress.WaitingApps(), ElementsAre("/a", "/c"));
  listing.tasks[0].set_state("TASK_KILLED");
  progress.Listed("/a", &listing, kNow);
  EXPECT_THAT(progress.WaitingApps(), ElementsAre("/c"));
}

TEST(KillProgress, AbsenceProvesNothingWhereTasksCouldNotBeRead) {
  KillProgress progress({{Task("a")}, {}});
  progress.Answered({{{"a"}}, ""});
  MarathonContent listing;
  listing.rejected = 1;
  progress.Listed("/a", &listing, kNow);
  EXPECT_THAT(Outcomes(progress), ElementsAre("a REQUESTED"));
}

TEST(KillProgress, ALostAnswerLeavesItOpenUntilSomethingConfirms) {
  KillProgress progress({{Task("a"), Task("b")}, {}});
  progress.AnswerLost("reset");
  EXPECT_THAT(Outcomes(progress), ElementsAre("a REQUESTED", "b REQUESTED"));
  EXPECT_THAT(progress.response().tasks(0).reason(),
              HasSubstr("may or may not have taken the request: reset"));
  progress.Happened(Update("b", "TASK_KILLED"), kNow);
  EXPECT_THAT(Outcomes(progress), ElementsAre("a REQUESTED", "b CONFIRMED"));
}

TEST(KillProgress, NobodyToKillIsDone) {
  const KillProgress progress({{}, {}});
  EXPECT_TRUE(progress.Done());
  EXPECT_THAT(progress.response().tasks(), IsEmpty());
}

}  // namespace
}  // namespace sunder::controller
