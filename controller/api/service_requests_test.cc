// What requests name, and what is refused of them (service_fixture.h).

#include <string>

#include "common/error_detail.h"
#include "controller/api/service_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using ServiceRequests = ServiceFixture;

TEST_F(ServiceRequests, RefusesRequestsThatSayNothingOrTooMuch) {
  v1::CreateFaultRequest nothing;
  v1::CreateFaultResponse response;
  const absl::Status missing =
      Call(&v1::Controller::StubInterface::CreateFault, nothing, response);
  EXPECT_TRUE(absl::IsInvalidArgument(missing)) << missing;
  ASSERT_TRUE(GetErrorDetail(missing).has_value());
  EXPECT_EQ(GetErrorDetail(missing)->subject(), "spec");

  sunder::v1::FaultSpec spec = Halves();
  spec.set_name(std::string(257, 'x'));
  EXPECT_TRUE(absl::IsInvalidArgument(Create(spec).status()));
  spec = Halves();
  spec.mutable_shape()->mutable_partial()->set_a("host:nowhere");
  const absl::Status unknown = Create(spec).status();
  EXPECT_TRUE(absl::IsNotFound(unknown)) << unknown;
  EXPECT_TRUE(GetErrorDetail(unknown).has_value());

  EXPECT_TRUE(absl::IsInvalidArgument(Heal({}).status()));
  v1::HealFaultsRequest both;
  both.set_everyones(true);
  both.add_ids("x");
  EXPECT_TRUE(absl::IsInvalidArgument(Heal(both).status()));
  EXPECT_TRUE(absl::IsNotFound(Get("nosuch").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Get("").status()));
}

TEST_F(ServiceRequests, TheEdgesOfWhatNamesAFault) {
  using Code = absl::StatusCode;
  sunder::v1::FaultSpec good = Halves();
  good.set_name("good");
  const std::string first = InForce(), second = InForce(),
                    unharmed = InForce(good);
  const struct {
    std::string id;
    Code code;
    std::string reason, subject;
  } cases[] = {
      {"", Code::kInvalidArgument, "BAD_ID", "id"},
      {std::string(257, 'x'), Code::kInvalidArgument, "BAD_ID", "id"},
      {std::string(256, 'x'), Code::kNotFound, "NO_FAULT",
       std::string(256, 'x')},
      {"nosuch", Code::kNotFound, "NO_FAULT", "nosuch"},
      {first + "0", Code::kNotFound, "NO_FAULT", first + "0"},
      {"split", Code::kInvalidArgument, "AMBIGUOUS", "split"},
  };
  for (const auto& c : cases) {
    v1::HealFaultsRequest alone, with_good;
    alone.add_ids(c.id);
    with_good.add_ids("good");
    with_good.add_ids(c.id);
    with_good.set_validate_only(true);
    const auto tried = Heal(with_good);
    ASSERT_TRUE(tried.ok()) << tried.status();
    ASSERT_EQ(tried->faults_size(), 1);
    EXPECT_EQ(tried->faults(0).id(), unharmed);
    ASSERT_EQ(tried->not_healed_size(), 1);
    for (const absl::Status& status :
         {Get(c.id).status(), WatchError(c.id, /*hold=*/false),
          WatchError(c.id, /*hold=*/true), Heal(alone).status(),
          FromStatusDetails(tried->not_healed(0))}) {
      EXPECT_EQ(status.code(), c.code) << status;
      ASSERT_TRUE(GetErrorDetail(status).has_value()) << status;
      EXPECT_EQ(GetErrorDetail(status)->reason(), c.reason) << status;
      EXPECT_EQ(GetErrorDetail(status)->subject(), c.subject) << status;
      EXPECT_NE(GetErrorDetail(status)->advice(), "") << status;
    }
  }
  const absl::Status not_held = WatchError("good", /*hold=*/true);
  EXPECT_TRUE(absl::IsFailedPrecondition(not_held)) << not_held;
  ASSERT_TRUE(GetErrorDetail(not_held).has_value()) << not_held;
  EXPECT_EQ(GetErrorDetail(not_held)->reason(), "NOT_HELD");
  EXPECT_EQ(GetErrorDetail(not_held)->subject(), unharmed);
  for (const std::string& id : {first, second, unharmed}) {
    EXPECT_EQ(Get(id)->state(), sunder::v1::FAULT_STATE_IN_FORCE);
    EXPECT_EQ(agents_[0]->held(id).state(), agent::v1::STATE_IN_FORCE);
  }
}

TEST_F(ServiceRequests, TheEdgesOfWhoseFaultsAreHealed) {
  sunder::v1::FaultSpec spec = Halves();
  spec.set_owner(std::string(200, 'x'));
  const std::string id = InForce(spec);
  const auto refused = [&](const std::string& reason,
                           const std::string& subject, auto spoil) {
    for (const bool dry_run : {false, true}) {
      v1::HealFaultsRequest request;
      request.set_validate_only(dry_run);
      spoil(request);
      const absl::Status status = Heal(request).status();
      EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
      ASSERT_TRUE(GetErrorDetail(status).has_value()) << status;
      EXPECT_EQ(GetErrorDetail(status)->reason(), reason) << status;
      EXPECT_EQ(GetErrorDetail(status)->subject(), subject) << status;
      EXPECT_NE(GetErrorDetail(status)->advice(), "") << status;
    }
  };
  refused("BAD_FIELD", "all_of_owner",
          [](auto& r) { r.set_all_of_owner(std::string(201, 'x')); });
  refused("BAD_FIELD", "all_of_owner",
          [](auto& r) { r.set_all_of_owner("me\n"); });
  refused("WHICH_FAULTS", "ids", [](auto&) {});
  refused("WHICH_FAULTS", "ids", [&](auto& r) {
    r.add_ids(id);
    r.set_everyones(true);
  });
  refused("WHICH_FAULTS", "ids", [&](auto& r) {
    r.add_ids(id);
    r.set_all_of_owner("me");
  });
  refused("WHICH_FAULTS", "ids", [](auto& r) {
    r.set_all_of_owner("me");
    r.set_everyones(true);
  });
  v1::HealFaultsRequest nobodys;
  nobodys.set_all_of_owner(std::string(199, 'x'));
  EXPECT_EQ(Heal(nobodys)->faults_size(), 0);
  EXPECT_EQ(Get(id)->state(), sunder::v1::FAULT_STATE_IN_FORCE);
  v1::HealFaultsRequest whose;
  whose.set_all_of_owner(std::string(200, 'x'));
  EXPECT_EQ(Heal(whose)->faults_size(), 1);
}

TEST_F(ServiceRequests, ListsTheLivingOrAllNewestFirst) {
  const auto ids = [this](bool include_ended) {
    v1::ListFaultsRequest request;
    request.set_include_ended(include_ended);
    v1::ListFaultsResponse list;
    const auto method = &v1::Controller::StubInterface::ListFaults;
    EXPECT_TRUE(Call(method, request, list).ok());
    std::vector<std::string> result;
    for (const auto& fault : list.faults()) result.push_back(fault.id());
    return result;
  };
  EXPECT_THAT(ids(false), IsEmpty());
  EXPECT_THAT(ids(true), IsEmpty());
  const std::string first = InForce(), second = InForce(), third = InForce();
  EXPECT_THAT(ids(false), ElementsAre(third, second, first));
  v1::HealFaultsRequest heal;
  heal.add_ids(second);
  ASSERT_TRUE(Heal(heal).ok());
  ASSERT_TRUE(Becomes(second, sunder::v1::FAULT_STATE_HEALED));
  EXPECT_THAT(ids(false), ElementsAre(third, first));
  EXPECT_THAT(ids(true), ElementsAre(third, second, first));
}

TEST_F(ServiceRequests, HealsOfOneOwnerLeaveTheOthersAlone) {
  sunder::v1::FaultSpec other = Halves();
  other.set_owner("you");
  other.set_name("theirs");
  const std::string mine = InForce(), theirs = InForce(other);
  v1::HealFaultsRequest request;
  request.set_all_of_owner("me");
  request.set_validate_only(true);
  EXPECT_EQ(Heal(request)->faults(0).id(), mine);
  EXPECT_EQ(Get("split")->state(), sunder::v1::FAULT_STATE_IN_FORCE);
  request.set_validate_only(false);
  ASSERT_EQ(Heal(request)->faults_size(), 1);
  EXPECT_TRUE(Becomes(mine, sunder::v1::FAULT_STATE_HEALED));
  EXPECT_EQ(Get("theirs")->id(), theirs);
  EXPECT_EQ(Get("theirs")->state(), sunder::v1::FAULT_STATE_IN_FORCE);
}

TEST_F(ServiceRequests, HealsWhatIsFoundWhateverElseIsNot) {
  const std::string id = InForce();
  v1::HealFaultsRequest request;
  for (const std::string& text : {std::string("nosuch"), id, id.substr(0, 6)}) {
    request.add_ids(text);
  }
  const auto healed = Heal(request);
  ASSERT_TRUE(healed.ok()) << healed.status();
  ASSERT_EQ(healed->faults_size(), 1);
  EXPECT_EQ(healed->faults(0).id(), id);
  ASSERT_EQ(healed->not_healed_size(), 1);
  const absl::Status missing = FromStatusDetails(healed->not_healed(0));
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_EQ(GetErrorDetail(missing)->subject(), "nosuch");
  EXPECT_TRUE(Becomes(id, sunder::v1::FAULT_STATE_HEALED));
}

TEST_F(ServiceRequests, AHealOfWhatIsNotThereIsAnError) {
  v1::HealFaultsRequest request;
  request.add_ids("nosuch");
  EXPECT_TRUE(absl::IsNotFound(Heal(request).status()));
  request.add_ids("nor this");
  EXPECT_TRUE(absl::IsNotFound(Heal(request).status()));
}
}  // namespace
}  // namespace sunder::controller
