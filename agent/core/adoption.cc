#include "agent/core/adoption.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "agent/core/limits.h"

namespace sunder::agent {
namespace {

bool Equal(const Record::Kept& kept, const KernelFault& fault) {
  return kept.gate() == fault.gate &&
         kept.held().fault_id() == fault.key.fault_id &&
         kept.held().generation() == fault.key.generation &&
         kept.held().digest() == fault.key.digest;
}

// Why `fault` cannot be adopted as `kept`; empty if it can.
std::string Objection(const KernelFault& fault, const Record::Kept* kept,
                      BootInstant now) {
  if (fault.lease_left <= absl::ZeroDuration()) return "its lease is over";
  if (fault.state != GateState::kOpen) return "it was not open yet";
  if (!fault.intact) return "some of its objects are missing";
  if (kept == nullptr) return "the record of the last life does not know it";
  const auto end = BootInstant::FromNanos(kept->held().end_ns());
  if (end <= now) return "its end has passed";
  if (fault.lease_left > kLongestLease) return "its lease is too long";
  return "";
}

}  // namespace

std::vector<Found> DecideAdoption(const Record& record,
                                  const std::vector<KernelFault>& listed,
                                  const std::string& boot_id, BootInstant now) {
  std::vector<Found> result;
  for (const KernelFault& fault : listed) {
    const Record::Kept* kept = nullptr;
    if (record.boot_id() == boot_id) {
      for (const Record::Kept& k : record.in_force()) {
        if (Equal(k, fault)) kept = &k;
      }
    }
    Found found{fault, std::nullopt, {}, Objection(fault, kept, now)};
    const auto twin = [&](const KernelFault& other) {
      return other.key.fault_id == fault.key.fault_id &&
             other.key.generation == fault.key.generation;
    };
    if (std::count_if(listed.begin(), listed.end(), twin) > 1) {
      found.why = "it is there more than once";
    }
    if (found.why.empty()) {
      const BootInstant end = BootInstant::FromNanos(kept->held().end_ns());
      found.adopted = kept->held();
      found.local_addresses = {kept->local_addresses().begin(),
                               kept->local_addresses().end()};
      found.adopted->set_expiry_ns(
          std::min(now + fault.lease_left, end).nanos());
    }
    result.push_back(std::move(found));
  }
  return result;
}

}  // namespace sunder::agent
