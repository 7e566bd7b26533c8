#include "common/error_detail.h"

#include <string>

#include "absl/strings/cord.h"

namespace sunder {
namespace {

constexpr absl::string_view kPayloadUrl =
    "type.googleapis.com/sunder.v1.ErrorDetail";

}  // namespace

absl::Status ErrorWithDetail(absl::StatusCode code, absl::string_view message,
                             absl::string_view reason,
                             absl::string_view subject,
                             absl::string_view advice) {
  absl::Status status(code, message);
  v1::ErrorDetail detail;
  detail.set_reason(std::string(reason));
  detail.set_subject(std::string(subject));
  detail.set_advice(std::string(advice));
  SetErrorDetail(status, detail);
  return status;
}

void SetErrorDetail(absl::Status& status, const v1::ErrorDetail& detail) {
  status.SetPayload(kPayloadUrl, absl::Cord(detail.SerializeAsString()));
}

std::optional<v1::ErrorDetail> GetErrorDetail(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  v1::ErrorDetail detail;
  if (!payload || !detail.ParseFromString(std::string(*payload))) return {};
  return detail;
}

}  // namespace sunder
