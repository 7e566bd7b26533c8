// Which packets a fault drops, and which not: with real ones.

#include <poll.h>
#include <sys/socket.h>

#include <string>

#include "agent/kernel/test_fixture.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

TEST_F(NftKernelTest, BothFamiliesAreCutAndOnlyTheNamedPeers) {
  ASSERT_NO_FATAL_FAILURE(
      PutInForce(kGate, Request({Lab::kThere4, Lab::kThere6})));
  EXPECT_FALSE(lab_.Arrives({}));
  EXPECT_FALSE(lab_.Arrives({.from = Lab::kThere6}));
  EXPECT_FALSE(lab_.EchoArrives(Lab::kThere4));
  EXPECT_FALSE(lab_.EchoArrives(Lab::kThere6));
  EXPECT_TRUE(lab_.Arrives({.from = "10.77.0.3"}));
  EXPECT_TRUE(lab_.Arrives({.from = "fd77::3"}));
  EXPECT_TRUE(lab_.EchoArrives("10.77.0.3"));
  EXPECT_TRUE(lab_.EchoArrives("fd77::3"));
}

TEST_F(NftKernelTest, PortsAreMeantOnEitherSide) {
  auto request = Request({Lab::kThere4, Lab::kThere6});
  auto* flow = request->mutable_flows(0);
  AddPorts(flow->mutable_source_ports(), 4000, 4000);
  AddPorts(flow->mutable_source_ports(), 4100, 4200);
  AddPorts(flow->mutable_destination_ports(), 5000, 5000);
  AddPorts(flow->mutable_destination_ports(), 5100, 5200);
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, request));
  for (const std::string from : {Lab::kThere4, Lab::kThere6}) {
    for (uint16_t port : {4000, 4100, 4150, 4200}) {
      EXPECT_FALSE(
          lab_.Arrives({.from = from, .from_port = port, .to_port = 6000}));
    }
    for (uint16_t port : {5000, 5100, 5150, 5200}) {
      EXPECT_FALSE(
          lab_.Arrives({.from = from, .from_port = 3000, .to_port = port}));
    }
    for (uint16_t port : {3999, 4001, 4099, 4201, 5000, 5150}) {
      EXPECT_TRUE(
          lab_.Arrives({.from = from, .from_port = port, .to_port = 6000}));
    }
    EXPECT_TRUE(lab_.EchoArrives(from));
  }
}

TEST_F(NftKernelTest, AProtocolIsMeantAlone) {
  auto request = Request({Lab::kThere4, Lab::kThere6});
  request->mutable_flows(0)->set_protocol(sunder::v1::PROTOCOL_ICMP);
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, request));
  for (const std::string from : {Lab::kThere4, Lab::kThere6}) {
    EXPECT_FALSE(lab_.EchoArrives(from));
    EXPECT_TRUE(lab_.Arrives({.from = from}));
  }
}

TEST_F(NftKernelTest, PrefixesReachFromTheirFirstToTheirLastAddress) {
  ASSERT_NO_FATAL_FAILURE(
      PutInForce(kGate, Request({"10.77.0.2/31", "fd77::2/127"})));
  for (const std::string net : {"10.77.0.", "fd77::"}) {
    EXPECT_FALSE(lab_.Arrives({.from = net + "2"}));
    EXPECT_FALSE(lab_.Arrives({.from = net + "3"}));
    EXPECT_TRUE(lab_.Arrives({.from = net + "4"}));
  }
}

TEST_F(NftKernelTest, FragmentsDoNotSlipThrough) {
  ASSERT_NO_FATAL_FAILURE(PutInForce(1, Request({Lab::kThere4, Lab::kThere6})));
  EXPECT_FALSE(lab_.Arrives({.bytes = 8000}));
  EXPECT_FALSE(lab_.Arrives({.from = Lab::kThere6, .bytes = 8000}));
  EXPECT_GE(Read(1).dropped_packets, 12u);
  ASSERT_EQ(kernel_->Remove(1), absl::OkStatus());
  EXPECT_TRUE(lab_.Arrives({.bytes = 8000}));

  // Later fragments have no ports: without the first they are never whole.
  auto request = Request({Lab::kThere4, Lab::kThere6});
  AddPorts(request->mutable_flows(0)->mutable_destination_ports(), 5000, 5000);
  ASSERT_NO_FATAL_FAILURE(PutInForce(2, request));
  EXPECT_FALSE(lab_.Arrives({.bytes = 8000}));
  EXPECT_FALSE(lab_.Arrives({.from = Lab::kThere6, .bytes = 8000}));
  EXPECT_TRUE(lab_.Arrives({.to_port = 5001, .bytes = 8000}));
}

TEST_F(NftKernelTest, ProtectedTrafficLivesInBothDirections) {
  auto request = Request({"10.77.0.0/30", "fd77::/126"});
  for (const std::string here : {Lab::kHere4, Lab::kHere6}) {
    const bool v6 = here == Lab::kHere6;
    auto* tuple = request->add_protected_();
    tuple->set_local_address(here);
    tuple->set_protocol(sunder::v1::PROTOCOL_UDP);
    tuple->set_port(7321);
    tuple->set_peer(v6 ? "fd77::2" : "10.77.0.2");
    tuple = request->add_protected_();
    tuple->set_local_address(here);
    tuple->set_protocol(sunder::v1::PROTOCOL_UDP);
    tuple->set_port(2181);
    tuple->set_port_is_remote(true);
  }
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, request));
  for (const std::string net : {"10.77.0.", "fd77::"}) {
    EXPECT_TRUE(lab_.Arrives({.from = net + "2", .to_port = 7321}));
    EXPECT_FALSE(lab_.Arrives({.from = net + "2", .to_port = 7322}));
    EXPECT_FALSE(lab_.Arrives({.from = net + "3", .to_port = 7321}));
    EXPECT_TRUE(lab_.Arrives({.from = net + "2", .from_port = 2181}));
    EXPECT_FALSE(lab_.Arrives({.from = net + "2", .to_port = 2181}));
  }
}

TEST_F(NftKernelTest, OnlyWhatIsDroppedIsCounted) {
  auto request = Request({"10.77.0.0/30", "fd77::/126"});
  auto* flow = AddFlow(*request, {Lab::kThere4});
  AddPorts(flow->mutable_destination_ports(), 5000, 5000);
  auto* tuple = request->add_protected_();
  tuple->set_protocol(sunder::v1::PROTOCOL_UDP);
  tuple->set_port(7321);
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, request));
  for (int i = 1; i <= 3; ++i) {
    EXPECT_FALSE(lab_.Arrives({}));  // Cut by both flows, dropped once.
    EXPECT_TRUE(lab_.Arrives({.to_port = 7321}));
    EXPECT_TRUE(lab_.Arrives({.from = "10.77.0.4"}));
    EXPECT_EQ(Read().dropped_packets, static_cast<uint64_t>(i));
    EXPECT_EQ(Read().dropped_bytes, static_cast<uint64_t>(36 * i));
  }
}

TEST_F(NftKernelTest, WhatOneFaultSparesAnotherMayDrop) {
  auto sparing = Request({"10.77.0.0/30"});
  auto* tuple = sparing->add_protected_();
  tuple->set_protocol(sunder::v1::PROTOCOL_UDP);
  tuple->set_port(5000);
  for (const GateId first : {1, 3}) {
    ASSERT_NO_FATAL_FAILURE(
        PutInForce(first, first == 1 ? sparing : Request({Lab::kThere4})));
    EXPECT_EQ(lab_.Arrives({}), first == 1);
    ASSERT_NO_FATAL_FAILURE(
        PutInForce(first + 1, first == 1 ? Request({Lab::kThere4}) : sparing));
    EXPECT_FALSE(lab_.Arrives({}));
    ASSERT_EQ(kernel_->Remove(first), absl::OkStatus());
    ASSERT_EQ(kernel_->Remove(first + 1), absl::OkStatus());
    EXPECT_TRUE(lab_.Arrives({}));
  }
}

TEST_F(NftKernelTest, NeighbourDiscoveryPassesWhenAllElseIsCut) {
  auto request = Request({});
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, request));
  lab_.Shell("ip neigh flush dev here0");
  const UniqueFd from = lab_.Here(SOCK_DGRAM, Lab::kHere6, 5000);
  SendTo(from, Lab::kThere6, 9, "x");
  const BootInstant begin = BootNow();
  const std::string known = "lladdr";
  while (lab_.Shell("ip -6 neigh show fd77::2").find(known) ==
         std::string::npos) {
    ASSERT_LT(BootNow() - begin, absl::Seconds(10)) << "not resolved";
  }
  ASSERT_EQ(kernel_->Remove(kGate), absl::OkStatus());
}

TEST_F(NftKernelTest, AnEstablishedConnectionIsCutInSilenceAndGoesOnAfter) {
  const UniqueFd listener = lab_.Here(SOCK_STREAM, Lab::kHere4, 5000);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  const UniqueFd client = lab_.There(SOCK_STREAM, Lab::kThere4, 4000);
  Connect(client, Lab::kHere4, 5000);
  const UniqueFd server(accept(listener.get(), nullptr, nullptr));
  ASSERT_TRUE(server.valid());

  auto request = Request({Lab::kThere4});
  request->mutable_flows(0)->set_protocol(sunder::v1::PROTOCOL_TCP);
  AddPorts(request->mutable_flows(0)->mutable_destination_ports(), 5000, 5000);
  ASSERT_NO_FATAL_FAILURE(PutInForce(kGate, request));
  ASSERT_EQ(send(client.get(), "x", 1, 0), 1);  // No error: it is silent.
  lab_.Fence(false);
  EXPECT_FALSE(TryReceive(server));

  ASSERT_EQ(kernel_->Remove(kGate), absl::OkStatus());
  pollfd readable{server.get(), POLLIN, 0};
  EXPECT_EQ(poll(&readable, 1, 10'000), 1);  // By retransmission.
  EXPECT_TRUE(TryReceive(server));
}

}  // namespace
}  // namespace sunder::agent
