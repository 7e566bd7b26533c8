// Faults as tests need them.

#ifndef SUNDER_CLI_TESTING_FAULTS_H_
#define SUNDER_CLI_TESTING_FAULTS_H_

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::cli {

template <typename Message>
Message FromText(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  return message;
}

// n1 | n2, n3 for 60 s from 00:00:10 of the epoch on, in force everywhere.
inline v1::Fault HalvesInForce() {
  return FromText<v1::Fault>(R"pb(
    id: "3f2a9c0d11223344556677889900aabb"
    spec {
      name: "cart"
      owner: "me@here"
      shape { halves { of: "n1,n2,n3" } }
      duration { seconds: 60 }
    }
    state: FAULT_STATE_IN_FORCE
    generation: 1
    plan {
      seed: 42
      members { name: "n1" kind: "host" host: "n1" side: 0 }
      members { name: "n2" kind: "host" host: "n2" side: 1 }
      members { name: "n3" kind: "host" host: "n3" side: 1 }
      cuts { from_side: 0 to_side: 1 }
      cuts { from_side: 1 to_side: 0 }
    }
    hosts {
      host: "n1"
      state: HOST_STATE_IN_FORCE
      generation: 1
      staged { at { seconds: 9 } }
      in_force {
        at { seconds: 10 nanos: 1000000 }
        uncertainty { nanos: 100000 }
      }
      expiry { at { seconds: 15 } }
      dropped_packets: 7
      dropped_bytes: 420
    }
    hosts {
      host: "n2"
      state: HOST_STATE_IN_FORCE
      generation: 1
      in_force {
        at { seconds: 10 nanos: 3000000 }
        uncertainty { nanos: 300000 }
      }
      expiry { at { seconds: 15 } }
    }
    hosts {
      host: "n3"
      state: HOST_STATE_IN_FORCE
      generation: 1
      in_force {
        at { seconds: 10 nanos: 2000000 }
        uncertainty { nanos: 200000 }
      }
      expiry { at { seconds: 15 } }
    }
    created { at { seconds: 9 } }
    start {
      at { seconds: 10 }
      uncertainty { nanos: 300000 }
    }
    in_force {
      at { seconds: 10 nanos: 3000000 }
      uncertainty { nanos: 300000 }
    }
    end {
      at { seconds: 70 }
      uncertainty { nanos: 300000 }
    }
  )pb");
}

inline v1::Fault WithState(v1::Fault fault, v1::FaultState state,
                           v1::HostState host_state) {
  fault.set_state(state);
  for (v1::HostStatus& host : *fault.mutable_hosts()) {
    host.set_state(host_state);
  }
  return fault;
}

inline v1::Fault HalvesStaged() {
  v1::Fault fault =
      WithState(HalvesInForce(), v1::FAULT_STATE_STAGED, v1::HOST_STATE_STAGED);
  for (v1::HostStatus& host : *fault.mutable_hosts()) {
    host.clear_in_force();
    host.clear_expiry();
  }
  fault.clear_start();
  fault.clear_in_force();
  fault.clear_end();
  return fault;
}

// Healed by somebody 30 s after its start.
inline v1::Fault HalvesHealed() {
  v1::Fault fault =
      WithState(HalvesInForce(), v1::FAULT_STATE_HEALED, v1::HOST_STATE_HEALED);
  fault.mutable_heal_began()->mutable_at()->set_seconds(40);
  fault.mutable_whole()->mutable_at()->set_seconds(41);
  for (v1::HostStatus& host : *fault.mutable_hosts()) {
    host.mutable_healed()->mutable_at()->set_seconds(41);
  }
  return fault;
}

// Its members have moved: a second generation at n2 and n3 from 30 s after the
// start on. n1 has been left, and its last part stays.
inline v1::Fault HalvesThatMoved() {
  v1::Fault fault = HalvesInForce();
  fault.set_generation(2);
  fault.mutable_hosts(0)->set_state(v1::HOST_STATE_HEALED);
  for (const int i : {1, 2}) {
    v1::HostStatus& host = *fault.mutable_hosts(i);
    host.set_generation(2);
    host.mutable_in_force()->mutable_at()->set_seconds(40);
  }
  return fault;
}

}  // namespace sunder::cli

#endif  // SUNDER_CLI_TESTING_FAULTS_H_
