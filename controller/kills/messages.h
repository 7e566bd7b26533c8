// The controller's messages. Within sunder::controller their namespace hides
// sunder::v1; it is made to show those names as well, so that a header which
// says v1::Task means the same before and after this one.

#ifndef SUNDER_CONTROLLER_KILLS_MESSAGES_H_
#define SUNDER_CONTROLLER_KILLS_MESSAGES_H_

#include "sunder/controller/v1/controller.pb.h"

namespace sunder::controller::v1 {
using namespace sunder::v1;  // NOLINT(google-build-using-namespace)
}

#endif  // SUNDER_CONTROLLER_KILLS_MESSAGES_H_
