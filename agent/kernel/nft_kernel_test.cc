// NftKernel where the kernel, the clock or the way between them misbehave.

#include "agent/kernel/nft_kernel.h"

#include <errno.h>

#include <memory>
#include <string>

#include "agent/kernel/fake_transport.h"
#include "gtest/gtest.h"

namespace sunder::agent {
namespace {

constexpr GateId kGate = 42;

class NftKernelFakeTest : public ::testing::Test {
 protected:
  NftKernelFakeTest() {
    auto transport = std::make_unique<FakeTransport>();
    transport_ = transport.get();
    kernel_ = std::make_unique<NftKernel>(std::move(transport),
                                          [this] { return now_; });
  }

  // Acknowledges the next batch after `sleep` has gone by.
  void AcknowledgeAfter(absl::Duration sleep) {
    transport_->Then([=, this](const FakeTransport::Sent& sent) {
      now_ = now_ + sleep;
      return FakeTransport::Answers{
          OutcomeBytes(0, FakeTransport::AckOf(sent))};
    });
  }

  uint8_t SentMessage(size_t call, size_t message) const {
    return transport_->sent()[call][message].nlmsg_type & 0xff;
  }

  BootInstant now_ = BootInstant::FromNanos(1'000'000'000'000);
  FakeTransport* transport_ = nullptr;
  std::unique_ptr<NftKernel> kernel_;
};

TEST_F(NftKernelFakeTest, AnErrorOfAnyMessageIsTheOutcomeOfAll) {
  transport_->ThenError(EEXIST);
  EXPECT_TRUE(absl::IsAlreadyExists(kernel_->Open(kGate)));
  EXPECT_EQ(kernel_->Open(kGate), absl::OkStatus());
}

TEST_F(NftKernelFakeTest, ErrorsSayWhatWasAttemptedOnWhat) {
  transport_->ThenError(EPERM);
  const absl::Status s = kernel_->Open(kGate);
  EXPECT_TRUE(absl::IsPermissionDenied(s));
  EXPECT_EQ(s.message(), "open sunder_0000002a: Operation not permitted");
}

TEST_F(NftKernelFakeTest, WithoutAWholeAnswerTheOutcomeIsNotKnown) {
  const std::vector<FakeTransport::Answers> bad = {
      {},
      {absl::DataLossError("netlink's receive buffer was full")},
      {std::string("garbage")},
      {OutcomeBytes(0, 1).substr(0, 30)},
  };
  for (const FakeTransport::Answers& answers : bad) {
    transport_->Then([&](const FakeTransport::Sent&) { return answers; });
    EXPECT_TRUE(absl::IsDataLoss(kernel_->Open(kGate)));
  }
}

TEST_F(NftKernelFakeTest, WhatWasNeverSentFailedForSure) {
  transport_->FailNextSend(absl::ResourceExhaustedError("too long"));
  EXPECT_TRUE(absl::IsResourceExhausted(kernel_->Open(kGate)));
}

TEST_F(NftKernelFakeTest, AnAnswerThatComesLateIsNotTakenForTheNext) {
  uint32_t late = 0;
  transport_->Then([&](const FakeTransport::Sent& sent) {
    late = FakeTransport::AckOf(sent);
    return FakeTransport::Answers{};
  });
  EXPECT_TRUE(absl::IsDataLoss(kernel_->Open(kGate)));
  transport_->Then([&](const FakeTransport::Sent& sent) {
    return FakeTransport::Answers{OutcomeBytes(EBUSY, late),
                                  OutcomeBytes(0, late),
                                  OutcomeBytes(ENOENT, sent[1].nlmsg_seq)};
  });
  EXPECT_TRUE(absl::IsNotFound(kernel_->Open(kGate)));
}

TEST_F(NftKernelFakeTest, AnAcknowledgementOfAnEarlierMessageIsNotTheBatchs) {
  transport_->Then([&](const FakeTransport::Sent& sent) {
    return FakeTransport::Answers{OutcomeBytes(0, sent[0].nlmsg_seq)};
  });
  EXPECT_TRUE(absl::IsDataLoss(kernel_->Open(kGate)));
}

TEST_F(NftKernelFakeTest, ALeaseSetInTimeIsLeftAlone) {
  AcknowledgeAfter(absl::Milliseconds(9));
  EXPECT_EQ(kernel_->Refresh(kGate, now_ + absl::Seconds(5)), absl::OkStatus());
  EXPECT_EQ(transport_->sent().size(), 1u);
}

TEST_F(NftKernelFakeTest, WhoSleptOnTheWayShortensTheLease) {
  AcknowledgeAfter(absl::Seconds(2));
  EXPECT_EQ(kernel_->Refresh(kGate, now_ + absl::Seconds(5)), absl::OkStatus());
  ASSERT_EQ(transport_->sent().size(), 2u);
  EXPECT_EQ(SentMessage(1, 1), NFT_MSG_DELSETELEM);
}

TEST_F(NftKernelFakeTest, WhoSleptPastTheExpiryRemovesTheFault) {
  AcknowledgeAfter(absl::Seconds(6));
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      kernel_->Arm(kGate, WallInstant(), now_ + absl::Seconds(5))));
  ASSERT_EQ(transport_->sent().size(), 2u);
  EXPECT_EQ(SentMessage(1, 1), NFT_MSG_DELTABLE);
}

TEST_F(NftKernelFakeTest, WhoSleepsAgainAndAgainRemovesTheFault) {
  for (int i = 0; i < 20; ++i) AcknowledgeAfter(absl::Milliseconds(100));
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      kernel_->Refresh(kGate, now_ + absl::Seconds(60))));
  EXPECT_EQ(transport_->sent().back()[1].nlmsg_type & 0xff, NFT_MSG_DELTABLE);
}

TEST_F(NftKernelFakeTest, ARemovalThatIsNeededAndFailsIsNotSwallowed) {
  AcknowledgeAfter(absl::Seconds(6));
  transport_->ThenError(EBUSY);
  EXPECT_TRUE(
      absl::IsDataLoss(kernel_->Refresh(kGate, now_ + absl::Seconds(5))));
}

TEST_F(NftKernelFakeTest, AnExpiryInThePastIsNeverSent) {
  for (absl::Duration left :
       {absl::Seconds(-1), absl::ZeroDuration(), absl::Microseconds(999)}) {
    EXPECT_TRUE(absl::IsDeadlineExceeded(kernel_->Refresh(kGate, now_ + left)));
    EXPECT_TRUE(absl::IsDeadlineExceeded(
        kernel_->Arm(kGate, WallInstant(), now_ + left)));
  }
  EXPECT_TRUE(transport_->sent().empty());
}

TEST_F(NftKernelFakeTest, ReadingThatFailsIsUnavailableAndNeverUnknown) {
  transport_->Then([](const FakeTransport::Sent&) {
    return FakeTransport::Answers{absl::DataLossError("lost")};
  });
  EXPECT_TRUE(absl::IsUnavailable(kernel_->Read(kGate).status()));
  transport_->Then([](const FakeTransport::Sent&) {
    return FakeTransport::Answers{std::string("x")};
  });
  EXPECT_TRUE(absl::IsUnavailable(kernel_->List().status()));
}

TEST_F(NftKernelFakeTest, ADumpThatNeverHoldsStillIsGivenUp) {
  for (int i = 0; i < 100; ++i) {
    transport_->Then([](const FakeTransport::Sent& sent) {
      std::string done = OutcomeBytes(0, sent[0].nlmsg_seq);
      nlmsghdr header{};
      std::memcpy(&header, done.data(), sizeof header);
      header.nlmsg_type = NLMSG_DONE;
      header.nlmsg_flags = NLM_F_DUMP_INTR;
      std::memcpy(done.data(), &header, sizeof header);
      return FakeTransport::Answers{done};
    });
  }
  EXPECT_TRUE(absl::IsAborted(kernel_->List().status()));
}

}  // namespace
}  // namespace sunder::agent
