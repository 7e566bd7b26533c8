// Machine-readable details that ride on an absl::Status, inside a program as a
// payload and between programs in grpc-status-details-bin or a field of a
// message.

#ifndef SUNDER_COMMON_ERROR_DETAIL_H_
#define SUNDER_COMMON_ERROR_DETAIL_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sunder/v1/error.pb.h"

namespace sunder {

// A status with reason (UPPER_SNAKE), subject and advice. `code` must not be
// OK.
absl::Status ErrorWithDetail(absl::StatusCode code, absl::string_view message,
                             absl::string_view reason,
                             absl::string_view subject,
                             absl::string_view advice = "");

void SetErrorDetail(absl::Status& status, const v1::ErrorDetail& detail);
std::optional<v1::ErrorDetail> GetErrorDetail(const absl::Status& status);

// A whole status as a message, and back. Payloads whose URL starts with
// "type.googleapis.com/" go along.
v1::StatusDetails ToStatusDetails(const absl::Status& status);
absl::Status FromStatusDetails(const v1::StatusDetails& details);

}  // namespace sunder

#endif  // SUNDER_COMMON_ERROR_DETAIL_H_
