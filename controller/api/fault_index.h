// Finds a fault by what people call it: its id, a unique beginning of it, or
// the name of a single living fault. Pure; one thread owns it.

#ifndef SUNDER_CONTROLLER_API_FAULT_INDEX_H_
#define SUNDER_CONTROLLER_API_FAULT_INDEX_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "sunder/v1/fault.pb.h"

namespace sunder::controller {

class FaultIndex {
 public:
  void Put(const sunder::v1::Fault& fault);
  void Erase(const std::string& id);

  // NOT_FOUND; INVALID_ARGUMENT where `text` has several readings, naming them.
  absl::StatusOr<std::string> Resolve(const std::string& text) const;

  // The ids of living faults: all, or those of one owner.
  std::vector<std::string> Living() const;
  std::vector<std::string> LivingOf(const std::string& owner) const;

 private:
  struct Entry {
    std::string name, owner;
    bool living = false;
  };
  std::map<std::string, Entry> faults_;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_API_FAULT_INDEX_H_
