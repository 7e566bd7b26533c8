#include "controller/core/digest.h"

#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

TEST(Digest, IsTheSameForTheSamePlanWhateverTheHost) {
  sunder::v1::HostPlan a;
  a.set_host("a");
  a.add_flows()->add_sources("10.0.0.1");
  sunder::v1::HostPlan b = a;
  b.set_host("b");
  EXPECT_EQ(DigestOf(a), DigestOf(b));
  EXPECT_EQ(DigestOf(a).size(), 16u);
}

TEST(Digest, TellsFlowsTheirOrderAndProtectionApart) {
  sunder::v1::HostPlan plan;
  plan.add_flows()->add_sources("10.0.0.1");
  plan.add_flows()->add_sources("10.0.0.2");
  sunder::v1::HostPlan turned;
  *turned.add_flows() = plan.flows(1);
  *turned.add_flows() = plan.flows(0);
  sunder::v1::HostPlan shorter;
  *shorter.add_flows() = plan.flows(0);
  sunder::v1::HostPlan guarded = plan;
  guarded.add_protected_()->set_port(22);
  EXPECT_NE(DigestOf(plan), DigestOf(turned));
  EXPECT_NE(DigestOf(plan), DigestOf(shorter));
  EXPECT_NE(DigestOf(plan), DigestOf(guarded));
}

}  // namespace
}  // namespace sunder::controller
