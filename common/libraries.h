// What the libraries that all programs use need to be told.

#ifndef SUNDER_COMMON_LIBRARIES_H_
#define SUNDER_COMMON_LIBRARIES_H_

#include <array>
#include <utility>

#include "grpc/grpc.h"

namespace sunder {

// Once, first of all in a program: before any thread, and any use of TLS.
void InitLibraries();

// Arguments of every server and channel of ours. gRPC measures each connection
// with a ping for each message, to find how much may be under way; a fixed
// amount costs a third fewer messages.
inline constexpr std::array<std::pair<const char*, int>, 2>
    kTransportArguments = {{{GRPC_ARG_HTTP2_BDP_PROBE, 0},
                            {GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1 << 20}}};

}  // namespace sunder

#endif  // SUNDER_COMMON_LIBRARIES_H_
