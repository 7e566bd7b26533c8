#include "controller/api/fault_index.h"

#include "common/error_detail.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

sunder::v1::Fault Fault(
    const std::string& id, const std::string& name,
    sunder::v1::FaultState state = sunder::v1::FAULT_STATE_IN_FORCE,
    const std::string& owner = "me") {
  sunder::v1::Fault fault;
  fault.set_id(id);
  fault.set_state(state);
  fault.mutable_spec()->set_name(name);
  fault.mutable_spec()->set_owner(owner);
  return fault;
}

TEST(FaultIndex, FindsByIdByUniqueBeginningAndByName) {
  FaultIndex index;
  index.Put(Fault("abc1", "split"));
  index.Put(Fault("abd2", "cut"));
  EXPECT_EQ(*index.Resolve("abc1"), "abc1");
  EXPECT_EQ(*index.Resolve("abd"), "abd2");
  EXPECT_EQ(*index.Resolve("split"), "abc1");
}

TEST(FaultIndex, AWholeIdWinsOverLongerOnesAndNames) {
  FaultIndex index;
  index.Put(Fault("ab", "x"));
  index.Put(Fault("abc", "ab"));
  EXPECT_EQ(*index.Resolve("ab"), "ab");
}

TEST(FaultIndex, RefusesWhatHasSeveralReadingsAndNamesThem) {
  FaultIndex index;
  index.Put(Fault("abc1", "split"));
  index.Put(Fault("abd2", "split"));
  index.Put(Fault("eee1", "ab"));
  for (const char* text : {"ab", "split"}) {
    const absl::Status refused = index.Resolve(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(refused)) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("abc1, abd2"));
  }
  EXPECT_THAT(std::string(index.Resolve("ab").status().message()),
              HasSubstr("eee1"));
}

TEST(FaultIndex, ANameBelongsToTheLivingAnIdToAll) {
  FaultIndex index;
  index.Put(Fault("abc1", "split"));
  index.Put(Fault("abc1", "split", sunder::v1::FAULT_STATE_HEALED));
  EXPECT_TRUE(absl::IsNotFound(index.Resolve("split").status()));
  EXPECT_EQ(*index.Resolve("abc"), "abc1");
  index.Put(Fault("abd2", "split"));
  EXPECT_EQ(*index.Resolve("split"), "abd2");
}

TEST(FaultIndex, WhatIsErasedIsNotFoundAndTheErrorTellsWhatToDo) {
  FaultIndex index;
  index.Put(Fault("abc1", "split"));
  index.Erase("abc1");
  const absl::Status missing = index.Resolve("abc1").status();
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_FALSE(GetErrorDetail(missing)->advice().empty());
}

TEST(FaultIndex, RefusesEmptyAndEndlessTexts) {
  const FaultIndex index;
  EXPECT_TRUE(absl::IsInvalidArgument(index.Resolve("").status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(index.Resolve(std::string(257, 'a')).status()));
  EXPECT_TRUE(absl::IsNotFound(index.Resolve(std::string(256, 'a')).status()));
}

TEST(FaultIndex, ListsTheLivingOfAnOwner) {
  FaultIndex index;
  index.Put(Fault("a", "", sunder::v1::FAULT_STATE_STAGED, "me"));
  index.Put(Fault("b", "", sunder::v1::FAULT_STATE_FAILED, "me"));
  index.Put(Fault("c", "", sunder::v1::FAULT_STATE_HEALING, "you"));
  EXPECT_THAT(index.Living(), ElementsAre("a", "c"));
  EXPECT_THAT(index.LivingOf("me"), ElementsAre("a"));
  EXPECT_THAT(index.LivingOf("nobody"), IsEmpty());
}

}  // namespace
}  // namespace sunder::controller
