// The times that the state machine of faults keeps to.

#ifndef SUNDER_CONTROLLER_CORE_OPTIONS_H_
#define SUNDER_CONTROLLER_CORE_OPTIONS_H_

#include <cstddef>

#include "absl/time/time.h"
#include "common/instant.h"

namespace sunder::controller {

struct Options {
  // How far ahead of now an expiry may lie, and by how much each keep-alive
  // moves it: the most by which two hosts' expiries differ.
  absl::Duration lease = absl::Seconds(5);
  absl::Duration interval = absl::Seconds(1);
  absl::Duration first_expiry = absl::Seconds(1);  // E0 - T0
  // Keep-alives are at least this far apart. At the start several are due: who
  // waits for the fault is told in between.
  absl::Duration keep_alive_gap = absl::Milliseconds(100);

  // T0 lies this far ahead of the sending of Arm; within the bounds it follows
  // what the slowest host needed to stage the fault. The least is what a busy
  // host may need to be heard: with 100 ms faults failed where four labs of
  // five hosts shared two processors. Nobody waits for a fault by the
  // millisecond.
  absl::Duration min_lead = absl::Milliseconds(200);
  absl::Duration max_lead = absl::Seconds(1);

  // An agent's kernel may end a lease this much behind its expiry (kTolerance
  // of agent/kernel/nft_kernel.cc): what nobody confirms is not said to be over
  // before.
  absl::Duration kernel_tolerance = absl::Milliseconds(10);

  // A host whose clock is not known this well cannot start with the others.
  absl::Duration max_uncertainty = absl::Milliseconds(250);

  absl::Duration call_timeout = absl::Milliseconds(800);  // One attempt.
  absl::Duration stage_timeout = absl::Seconds(10);
  // Within this, every host acknowledges a keep-alive (several attempts).
  absl::Duration keep_alive_timeout = absl::Milliseconds(2500);
  // An agent that does not answer for so long at the start of a fault, or after
  // the controller's own, is done without.
  absl::Duration reach_timeout = absl::Seconds(2);
  // How often a host is asked that has not yet read back its gate.
  absl::Duration poll = absl::Milliseconds(250);
  absl::Duration holder_grace = absl::Seconds(5);
  absl::Duration idle_exchange = absl::Seconds(20);  // Keeps clocks known.

  // What could not follow its members tries again after this, and after twice
  // as long each time.
  absl::Duration first_change_retry = absl::Seconds(2);
  absl::Duration longest_change_retry = absl::Seconds(30);

  size_t history = 1000;  // Ended faults that are remembered.

  // The timeline of people: what the wall clock showed at one instant.
  BootInstant boot_base;
  WallInstant wall_base;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_CORE_OPTIONS_H_
