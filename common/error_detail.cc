#include "common/error_detail.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/match.h"

namespace sunder {
namespace {

constexpr absl::string_view kPayloadUrl =
    "type.googleapis.com/sunder.v1.ErrorDetail";

constexpr absl::string_view kAnyPrefix = "type.googleapis.com/";

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

v1::StatusDetails ToStatusDetails(const absl::Status& status) {
  v1::StatusDetails details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(std::string(status.message()));
  status.ForEachPayload([&](absl::string_view url, const absl::Cord& value) {
    if (!absl::StartsWith(url, kAnyPrefix)) return;
    auto* any = details.add_details();
    any->set_type_url(std::string(url));
    any->set_value(std::string(value));
  });
  return details;
}

absl::Status FromStatusDetails(const v1::StatusDetails& details) {
  absl::Status status(static_cast<absl::StatusCode>(details.code()),
                      details.message());
  for (const auto& any : details.details()) {
    status.SetPayload(any.type_url(), absl::Cord(any.value()));
  }
  return status;
}

}  // namespace sunder
