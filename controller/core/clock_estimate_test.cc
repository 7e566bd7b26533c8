#include "controller/core/clock_estimate.h"

#include <random>

#include "gtest/gtest.h"

namespace sunder::controller {
namespace {

constexpr BootInstant kBegan = BootInstant::FromNanos(5'000'000'000'000);

// An agent's clock that is ahead and drifts; the truth that estimates are held
// against.
struct TrueClock {
  absl::Duration ahead;
  int64_t ppm = 0;

  AgentInstant At(BootInstant t) const {
    const int64_t drift = (t.nanos() - kBegan.nanos()) * ppm / 1'000'000;
    return AgentInstant::FromNanos(t.nanos() + drift) + ahead;
  }
};

Exchange ExchangeAt(const TrueClock& clock, BootInstant sent,
                    absl::Duration there, absl::Duration back) {
  return {.sent = sent,
          .received = sent + there + back,
          .agent = clock.At(sent + there)};
}

TEST(ClockEstimate, IsUnknownWithoutAnExchange) {
  const ClockEstimate estimate;
  EXPECT_FALSE(estimate.known());
  EXPECT_FALSE(estimate.Ready(kBegan));
  EXPECT_EQ(estimate.Uncertainty(kBegan), absl::InfiniteDuration());
}

TEST(ClockEstimate, IsReadyAfterFiveExchangesUntilTheyAreOld) {
  ClockEstimate estimate;
  for (size_t i = 0; i < ClockEstimate::kExchanges; ++i) {
    EXPECT_FALSE(estimate.Ready(kBegan));
    estimate.Add(ExchangeAt({}, kBegan, absl::Milliseconds(1), {}));
  }
  EXPECT_TRUE(estimate.Ready(kBegan + absl::Minutes(1)));
  EXPECT_FALSE(estimate.Ready(kBegan + absl::Minutes(3)));
  EXPECT_TRUE(estimate.known());
}

TEST(ClockEstimate, IgnoresAnAnswerBeforeItsQuestion) {
  ClockEstimate estimate;
  estimate.Add({.sent = kBegan,
                .received = kBegan - absl::Nanoseconds(1),
                .agent = AgentInstant()});
  EXPECT_FALSE(estimate.known());
}

TEST(ClockEstimate, KeepsTheBestRoundTrip) {
  ClockEstimate estimate;
  for (const int ms : {8, 2, 30, 4, 9}) {
    estimate.Add(ExchangeAt({}, kBegan, absl::Milliseconds(ms), {}));
  }
  EXPECT_EQ(estimate.best_round_trip(), absl::Milliseconds(2));
  EXPECT_LT(estimate.Uncertainty(kBegan), absl::Microseconds(1002));
}

TEST(ClockEstimate, AgesUntilAWorseExchangeIsBetter) {
  ClockEstimate estimate;
  estimate.Add(ExchangeAt({}, kBegan, absl::Milliseconds(2), {}));
  const auto later = kBegan + absl::Seconds(100);  // 10 ms of drift.
  EXPECT_GT(estimate.Uncertainty(later), absl::Milliseconds(11));
  estimate.Add(ExchangeAt({}, later, absl::Milliseconds(4), {}));
  EXPECT_LT(estimate.Uncertainty(later), absl::Milliseconds(3));
}

TEST(ClockEstimate, AlwaysHoldsTheTruthWithinItsUncertainty) {
  std::mt19937 random(3);
  const auto pick = [&random](int64_t most) {
    return static_cast<int64_t>(random() % static_cast<uint64_t>(most));
  };
  for (int run = 0; run < 200; ++run) {
    const TrueClock clock{
        absl::Nanoseconds(pick(4'000'000'000) - 2'000'000'000),
        pick(201) - 100};
    ClockEstimate estimate;
    BootInstant now = kBegan;
    for (int i = 0; i < 100; ++i) {
      now = now + absl::Microseconds(pick(4'000'000));
      // As asymmetric as can be, at times.
      const auto there = absl::Nanoseconds(pick(3) == 0 ? 0 : pick(5'000'000));
      const auto back = absl::Nanoseconds(pick(3) == 0 ? 0 : pick(50'000'000));
      const Exchange exchange = ExchangeAt(clock, now, there, back);
      now = exchange.received;
      estimate.Add(exchange);
      for (const auto away : {-2, 0, 1, 60}) {
        const BootInstant t = now + absl::Seconds(away);
        const absl::Duration error = estimate.Uncertainty(t);
        EXPECT_LE(absl::AbsDuration(estimate.ToAgent(t) - clock.At(t)), error);
        // Backwards it is as good, but for the drift of the error itself.
        EXPECT_LE(absl::AbsDuration(estimate.ToLocal(clock.At(t)) - t), error);
      }
    }
  }
}

TEST(ClockEstimate, TranslatesThereAndBackWithoutLoss) {
  ClockEstimate estimate;
  estimate.Add(ExchangeAt({.ahead = absl::Hours(-1)}, kBegan,
                          absl::Nanoseconds(7), absl::Nanoseconds(4)));
  EXPECT_EQ(estimate.ToLocal(estimate.ToAgent(kBegan)), kBegan);
}

}  // namespace
}  // namespace sunder::controller
