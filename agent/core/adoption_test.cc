#include "agent/core/adoption.h"

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

const BootInstant kNow = BootInstant::FromNanos(1'000'000'000'000);

KernelFault Alive() {
  KernelFault fault;
  fault.gate = 42;
  fault.key = {"f1", 3, "d"};
  fault.state = GateState::kOpen;
  fault.lease_left = absl::Seconds(3);
  fault.intact = true;
  return fault;
}

Record Knows() {
  Record record;
  record.set_boot_id("boot");
  auto* kept = record.add_in_force();
  kept->set_gate(42);
  kept->mutable_held()->set_fault_id("f1");
  kept->mutable_held()->set_generation(3);
  kept->mutable_held()->set_digest("d");
  kept->mutable_held()->set_end_ns((kNow + absl::Seconds(10)).nanos());
  return record;
}

bool Adopts(const Record& record, const KernelFault& fault) {
  return DecideAdoption(record, {fault}, "boot", kNow)[0].adopted.has_value();
}

TEST(Adoption, TakesWhatIsAliveAndEqualToTheRecord) {
  EXPECT_TRUE(Adopts(Knows(), Alive()));
}

TEST(Adoption, AnyDifferenceIsEnoughToSweep) {
  const auto differs = [](auto change) {
    KernelFault fault = Alive();
    change(fault);
    return !Adopts(Knows(), fault);
  };
  EXPECT_TRUE(differs([](auto& f) { f.gate = 43; }));
  EXPECT_TRUE(differs([](auto& f) { f.key.fault_id = "f2"; }));
  EXPECT_TRUE(differs([](auto& f) { f.key.generation = 4; }));
  EXPECT_TRUE(differs([](auto& f) { f.key.digest = "e"; }));
  EXPECT_TRUE(differs([](auto& f) { f.state = GateState::kTimed; }));
  EXPECT_TRUE(differs([](auto& f) { f.state = GateState::kShut; }));
  EXPECT_TRUE(differs([](auto& f) { f.lease_left = absl::ZeroDuration(); }));
  EXPECT_TRUE(differs([](auto& f) { f.lease_left = absl::Seconds(61); }));
  EXPECT_TRUE(differs([](auto& f) { f.intact = false; }));
}

TEST(Adoption, ARecordOfAnotherBootOrWithAPastEndIsNoReason) {
  Record record = Knows();
  record.set_boot_id("earlier");
  EXPECT_FALSE(Adopts(record, Alive()));
  record = Knows();
  record.mutable_in_force(0)->mutable_held()->set_end_ns(kNow.nanos());
  EXPECT_FALSE(Adopts(record, Alive()));
}

TEST(Adoption, TheExpiryIsWhatTheKernelHasAndNeverBeyondTheEnd) {
  KernelFault fault = Alive();
  auto found = DecideAdoption(Knows(), {fault}, "boot", kNow);
  EXPECT_EQ(found[0].adopted->expiry_ns(), (kNow + absl::Seconds(3)).nanos());
  fault.lease_left = absl::Seconds(20);
  found = DecideAdoption(Knows(), {fault}, "boot", kNow);
  EXPECT_EQ(found[0].adopted->expiry_ns(), (kNow + absl::Seconds(10)).nanos());
}

TEST(Adoption, AFaultThatIsThereTwiceIsSweptTwice) {
  KernelFault twin = Alive();
  twin.gate = 43;
  for (const Found& found :
       DecideAdoption(Knows(), {Alive(), twin}, "boot", kNow)) {
    EXPECT_FALSE(found.adopted.has_value());
    EXPECT_NE(found.why, "");
  }
}

TEST(Adoption, TwoGenerationsOfAFaultAreBothTaken) {
  Record record = Knows();
  *record.add_in_force() = record.in_force(0);
  record.mutable_in_force(1)->set_gate(43);
  record.mutable_in_force(1)->mutable_held()->set_generation(4);
  KernelFault next = Alive();
  next.gate = 43;
  next.key.generation = 4;
  for (const Found& found :
       DecideAdoption(record, {Alive(), next}, "boot", kNow)) {
    EXPECT_TRUE(found.adopted.has_value()) << found.why;
    EXPECT_EQ(found.adopted->generation(), found.fault.key.generation);
  }
}

}  // namespace
}  // namespace sunder::agent
