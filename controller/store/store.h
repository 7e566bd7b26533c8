// What of the controller must survive its death: its term and a record of every
// living fault, opaque bytes by the fault's id. Used by the loop that owns the
// controller's core, from one thread. What a call says is done is on the disk.

#ifndef SUNDER_CONTROLLER_STORE_STORE_H_
#define SUNDER_CONTROLLER_STORE_STORE_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sunder::controller {

class Store {
 public:
  virtual ~Store() = default;

  // The fencing number of this opening, higher than that of each earlier one.
  virtual uint64_t term() const = 0;

  // Writes or replaces. After an error the record is as it was before.
  virtual absl::Status Put(const std::string& id,
                           const std::string& record) = 0;
  // OK also if there is none.
  virtual absl::Status Delete(const std::string& id) = 0;
  virtual absl::StatusOr<std::map<std::string, std::string>> Load() = 0;
};

}  // namespace sunder::controller

#endif  // SUNDER_CONTROLLER_STORE_STORE_H_
