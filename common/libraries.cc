#include "common/libraries.h"

#include "absl/synchronization/mutex.h"
#include "openssl/crypto.h"

namespace sunder {

void InitLibraries() {
  // Threads of gRPC's outlive main: libcrypto must not take its state down
  // under them.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
#ifdef NDEBUG
  // Debian's Abseil looks at each lock for a deadlock to come.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

}  // namespace sunder
