// What people see, word by word. Golden texts: a change here is a change of the
// program's face and should look like one.

#include "absl/strings/str_cat.h"
#include "cli/render/error_text.h"
#include "cli/render/fault_text.h"
#include "cli/render/kill_text.h"
#include "cli/render/matrix.h"
#include "cli/render/plan_text.h"
#include "cli/render/table.h"
#include "cli/render/words.h"
#include "cli/testing/faults.h"
#include "common/error_detail.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Style kPlain;

TEST(Table, ColumnsAreAsWideAsTheyNeedToBeAndLinesEndWithoutSpaces) {
  Table table({"NAME", "NOTHING", "B"});
  table.Add({"a", "", "x"});
  table.Add({"longer", "", ""});
  EXPECT_EQ(table.Text(kPlain),
            "NAME    B\n"
            "a       x\n"
            "longer  -\n");
}

TEST(Table, ColoursDoNotMoveColumns) {
  Table table({"A", "B"});
  table.Add({Cell("x", Tone::kBad), Cell("y")});
  EXPECT_EQ(table.Text({.colour = true}),
            "\033[2mA\033[0m  \033[2mB\033[0m\n"
            "\033[31mx\033[0m  y\n");
}

TEST(Clean, ForeignTextDoesNotSteerTheTerminal) {
  EXPECT_EQ(Clean("a\033[2Jb\nc\td\r"), "a?[2Jb c d?");
  EXPECT_EQ(Clean("gr\xc3\xb6\xc3\x9f"), "gr\xc3\xb6\xc3\x9f");
}

TEST(ShortDuration, KeepsWhatMatters) {
  EXPECT_EQ(ShortDuration(absl::Microseconds(340)), "340us");
  EXPECT_EQ(ShortDuration(absl::Microseconds(1500)), "1.5ms");
  EXPECT_EQ(ShortDuration(absl::Milliseconds(1234)), "1.234s");
  EXPECT_EQ(ShortDuration(absl::Seconds(30)), "30s");
  EXPECT_EQ(ShortDuration(absl::Minutes(90)), "1h30m");
  EXPECT_EQ(ShortDuration(-absl::Seconds(2)), "-2s");
}

TEST(Matrix, ARowDoesNotHearTheColumnsThatAreCutFromIt) {
  EXPECT_EQ(Matrix(HalvesInForce().plan(), kPlain),
            "         1  2  3\n"
            "   1 n1  -  X  X\n"
            "   2 n2  X  -  .\n"
            "   3 n3  X  .  -\n");
}

TEST(Matrix, OneWayIsTheSendersColumn) {
  v1::Plan plan = HalvesInForce().plan();
  plan.mutable_cuts()->RemoveLast();  // Left: what side 0 sends to side 1.
  EXPECT_EQ(Matrix(plan, kPlain),
            "         1  2  3\n"
            "   1 n1  -  .  .\n"
            "   2 n2  X  -  .\n"
            "   3 n3  X  .  -\n");
}

TEST(Matrix, ManyMembersAreDrawnBySides) {
  v1::Plan plan = FromText<v1::Plan>(
      "cuts { from_side: 0 to_side: 0 } cuts { from_side: 1 to_side: 0 }"
      "cuts { from_side: 0 to_side: 1 } members { side: -1 }");
  for (int i = 0; i < 30; ++i) plan.add_members()->set_side(i < 29 ? 0 : 1);
  EXPECT_EQ(Matrix(plan, kPlain),
            "                                 1  2  3\n"
            "   1 side 0 (29 members)         X  X  .\n"
            "   2 side 1 (1 member)           X  -  .\n"
            "   3 cut from nobody (1 member)  .  .  -\n");
}

TEST(FlowText, SaysWhoFromWhomAndWhichConversations) {
  EXPECT_EQ(FlowText({}), "everything from anybody to any of its addresses");
  EXPECT_EQ(FlowText(FromText<v1::Flow>(
                "sources: '10.9.0.2' sources: 'fd09::2' destinations: "
                "'10.9.0.1' protocol: PROTOCOL_TCP source_ports { first: 80 "
                "last: 80 } destination_ports { first: 80 last: 80 }")),
            "tcp from 10.9.0.2, fd09::2 to 10.9.0.1, port 80 on either side");
  EXPECT_EQ(FlowText(FromText<v1::Flow>(
                "protocol: PROTOCOL_UDP source_ports { first: 1 last: 9 }")),
            "udp from anybody to any of its addresses, from port 1-9");
}

TEST(DryRunText, ShowsMembersMatrixFlowsNotesAndRules) {
  controller::v1::CreateFaultResponse response;
  *response.mutable_fault() = HalvesStaged();
  v1::Plan& plan = *response.mutable_fault()->mutable_plan();
  plan.add_notes("redis.2 on n2 shares its address and is hit too");
  v1::HostPlan& host = *plan.add_hosts();
  host.set_host("n1");
  *host.add_flows() = FromText<v1::Flow>(
      "sources: '10.9.0.2' destinations: '10.9.0.1' label: 'n2 -> n1'");
  host.add_protected_()->set_why("ssh");
  host.add_protected_()->set_why("control channel of n1");
  host.add_protected_()->set_why("ssh");
  controller::v1::HostRuleset& ruleset = *response.add_rulesets();
  ruleset.set_host("n1");
  ruleset.set_ruleset("table inet sunder_1 {\n\tchain cuts {\n\t}\n}\n");
  controller::v1::HostRuleset& refusal = *response.add_rulesets();
  refusal.set_host("n2");
  refusal.set_error("no nf_tables");
  EXPECT_EQ(DryRunText(response, kPlain),
            R"(Dry run: nothing is installed.
For 1m, seed 42

Members
  MEMBER  KIND  HOST  SIDE
  n1      host  n1    0
  n2      host  n2    1
  n3      host  n3    1

Who hears whom (a row hears a column: . yes, X no)
         1  2  3
   1 n1  -  X  X
   2 n2  X  -  .
   3 n3  X  .  -

What each host does with what it receives
  n1
    drops everything from 10.9.0.2 to 10.9.0.1  (n2 -> n1)
    never drops control channel of n1, ssh

Notes
  - redis.2 on n2 shares its address and is hit too

Rules of n1
  table inet sunder_1 {
      chain cuts {
      }
  }

n2
  would refuse: no nf_tables
)");
}

TEST(InForceText, TellsWhatIsCutSinceAndUntilWhenAndHowToHealIt) {
  EXPECT_EQ(InForceText(HalvesInForce(), kPlain),
            R"(Fault 3f2a9c0d1122 (cart) is in force on 3 hosts.
  seed      42
  who       n1 | n2, n3
  since     00:00:10.000 +/-300us
  confirmed 00:00:10.003 +/-300us
  skew      2ms +/-400us between the first and the last host's read-back
  until     00:01:10.000 +/-300us (1m after its start)
  heal      sunder heal 3f2a9c0d1122
)");
}

TEST(InForceText, AHeldFaultIsHealedByLeaving) {
  v1::Fault fault = HalvesInForce();
  fault.mutable_spec()->set_hold(true);
  EXPECT_THAT(InForceText(fault, kPlain), HasSubstr("heal      Ctrl-C"));
  EXPECT_THAT(InForceText(fault, kPlain), Not(HasSubstr("sunder heal")));
}

TEST(HealedText, TellsSinceWhenAndHowMuchWasDropped) {
  EXPECT_EQ(HealedText(HalvesHealed(), kPlain),
            "Fault 3f2a9c0d1122 (cart) is healed, whole since 00:00:41.000; 7 "
            "packets dropped.\n");
}

TEST(ShowText, TellsEachHostsPartAndTheTimeline) {
  v1::Fault fault = HalvesHealed();
  fault.set_reason("healed by me@here");
  EXPECT_EQ(ShowText(fault, kPlain),
            R"(Fault 3f2a9c0d11223344556677889900aabb
  name      cart
  state     healed
  reason    healed by me@here
  owner     me@here
  seed      42
  who       n1 | n2, n3
  created   1970-01-01 00:00:09.000 +00:00
  until     00:01:10.000 +/-300us (1m after its start)
  skew      2ms +/-400us between the first and the last host's read-back

HOST  STATE   GEN  STAGED        IN FORCE               HEALED        DROPPED  BYTES
n1    healed  1    00:00:09.000  00:00:10.001 +/-100us  00:00:41.000  7        420
n2    healed  1    -             00:00:10.003 +/-300us  00:00:41.000  0        0
n3    healed  1    -             00:00:10.002 +/-200us  00:00:41.000  0        0

AT                     FROM START  WHAT
00:00:09.000           -1.000s     created
00:00:09.000           -1.000s     n1 staged
00:00:10.000 +/-300us  +0.000s     cut begins everywhere (T0)
00:00:10.001 +/-100us  +0.001s     n1 in force, read back
00:00:10.002 +/-200us  +0.002s     n3 in force, read back
00:00:10.003 +/-300us  +0.003s     n2 in force, read back
00:00:10.003 +/-300us  +0.003s     in force everywhere
00:00:40.000           +30.000s    heal begins
00:00:41.000           +31.000s    n1 healed, read back
00:00:41.000           +31.000s    n2 healed, read back
00:00:41.000           +31.000s    n3 healed, read back
00:00:41.000           +31.000s    whole everywhere
)");
}

TEST(FaultsText, ListsThemOrSaysThatThereAreNone) {
  EXPECT_EQ(FaultsText({}, kPlain), "No faults.\n");
  controller::v1::ListFaultsResponse response;
  *response.add_faults() = HalvesInForce();
  EXPECT_EQ(FaultsText(response, kPlain),
            "FAULT         NAME  STATE     HOSTS  MEMBERS      SINCE         "
            "UNTIL    "
            "     OWNER\n"
            "3f2a9c0d1122  cart  in force  3      n1 | n2, n3  00:00:10.000  "
            "00:01:10.000  me@here\n");
}

TEST(FaultsText, CountsNoHostThatTheFaultHasLeft) {
  controller::v1::ListFaultsResponse response;
  *response.add_faults() = HalvesThatMoved();
  EXPECT_THAT(FaultsText(response, kPlain), HasSubstr("in force  2  "));
}

TEST(InForceText, CountsNoHostTwiceWhileItsNextGenerationGoesOut) {
  v1::Fault fault = HalvesInForce();
  fault.set_state(v1::FAULT_STATE_CHANGING);
  *fault.add_hosts() = fault.hosts(1);
  fault.mutable_hosts(3)->set_generation(2);
  EXPECT_THAT(InForceText(fault, kPlain), HasSubstr(" on 3 hosts.\n"));
}

TEST(ChangeLine, IsOneLineWithEachHost) {
  v1::Fault fault = HalvesInForce();
  fault.mutable_hosts(1)->set_state(v1::HOST_STATE_UNKNOWN);
  fault.mutable_hosts(1)->set_error("no\nanswer");
  EXPECT_EQ(ChangeLine(fault, absl::UnixEpoch(), kPlain),
            "00:00:00.000 3f2a9c0d1122 in force: n1 in force (7 dropped), n2 "
            "unknown [no answer], n3 in force\n");
}

TEST(ProgressLine, CountsManyHostsAndNamesFew) {
  v1::Fault fault = HalvesStaged();
  fault.mutable_hosts(2)->set_state(v1::HOST_STATE_PENDING);
  EXPECT_EQ(ProgressLine(fault),
            "fault 3f2a9c0d1122 staged: n3 pending; n1, n2 staged");
  for (int i = 0; i < 3; ++i) *fault.add_hosts() = fault.hosts(0);
  EXPECT_EQ(ProgressLine(fault),
            "fault 3f2a9c0d1122 staged: n3 pending; 5 hosts staged");
}

TEST(RemnantsText, NamesHostsAndInstants) {
  EXPECT_EQ(RemnantsText(HalvesInForce(), kPlain),
            "n1 until 00:01:10.000, n2 until 00:01:10.000, n3 until "
            "00:01:10.000");
  v1::Fault unheard = HalvesStaged();
  unheard.clear_hosts();
  EXPECT_EQ(RemnantsText(unheard, kPlain), "its hosts until 00:02:09.000");
}

TEST(Word, AStateOfANewerControllerIsNamedAsSuch) {
  EXPECT_EQ(Word(static_cast<v1::FaultState>(99)), "(newer than this program)");
  EXPECT_EQ(Word(v1::HOST_STATE_IN_FORCE), "in force");
  EXPECT_EQ(Word(v1::PROTOCOL_UNSPECIFIED), "");
}

TEST(KillText, TellsEachTasksFateAndTheSeed) {
  const auto response = FromText<controller::v1::KillTasksResponse>(R"pb(
    tasks {
      id: "cart.1"
      app: "/cart"
      host: "n1"
      outcome: KILL_OUTCOME_CONFIRMED
      confirmed_at { seconds: 5 }
    }
    tasks { id: "cart.2" app: "/cart" outcome: KILL_OUTCOME_REQUESTED }
    tasks { id: "cart.3" outcome: KILL_OUTCOME_REFUSED reason: "own agent" }
    seed: 7
    deployment_id: "d-1"
  )pb");
  EXPECT_EQ(
      KillText(response, /*dry_run=*/false, kPlain),
      R"(TASK    APP    HOST  OUTCOME                   CONFIRMED     REASON
cart.1  /cart  n1    killed                    00:00:05.000  -
cart.2  /cart  -     requested, not confirmed  -             -
cart.3  -      -     refused                   -             own agent
seed 7
deployment d-1
)");
}

TEST(ErrorText, IsOneLineWhatFailedAndOneWhatToDo) {
  EXPECT_EQ(
      ErrorText(ErrorWithDetail(absl::StatusCode::kNotFound, "no host\nmatches",
                                "NO_MATCH", "rack=r9", "Racks are r1, r2."),
                ExitCode::kNotFound, kPlain),
      "sunder: rack=r9: no host matches\n  next: Racks are r1, r2.\n");
  EXPECT_EQ(ErrorText(ErrorWithDetail(absl::StatusCode::kNotFound,
                                      "nothing is called n9", "NO_MATCH", "n9"),
                      ExitCode::kNotFound, kPlain),
            "sunder: nothing is called n9\n  next: `sunder topology` and "
            "`sunder faults` show what there is.\n");
}

}  // namespace
}  // namespace sunder::cli
