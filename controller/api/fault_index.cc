#include "controller/api/fault_index.h"

#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/error_detail.h"
#include "controller/core/core.h"

namespace sunder::controller {
namespace {

constexpr size_t kMaxText = 256;

absl::Status CheckText(const std::string& text) {
  if (!text.empty() && text.size() <= kMaxText) return absl::OkStatus();
  return ErrorWithDetail(absl::StatusCode::kInvalidArgument,
                         absl::StrCat("a fault is named by 1 to ", kMaxText,
                                      " bytes, not by ", text.size()),
                         "BAD_ID", "id",
                         "Give an id, its first digits, or a name.");
}

}  // namespace

void FaultIndex::Put(const sunder::v1::Fault& fault) {
  faults_[fault.id()] = {fault.spec().name(), fault.spec().owner(),
                         !IsFinal(fault.state())};
}

void FaultIndex::Erase(const std::string& id) { faults_.erase(id); }

absl::StatusOr<std::string> FaultIndex::Resolve(const std::string& text) const {
  if (absl::Status s = CheckText(text); !s.ok()) return s;
  if (faults_.contains(text)) return text;
  std::set<std::string> ids;
  for (const auto& [id, fault] : faults_) {
    const bool is_named = fault.living && fault.name == text;
    if (is_named || absl::StartsWith(id, text)) ids.insert(id);
  }
  if (ids.size() == 1) return *ids.begin();
  if (ids.empty()) {
    return ErrorWithDetail(
        absl::StatusCode::kNotFound,
        absl::StrCat("no fault is called \"", text, "\""), "NO_FAULT", text,
        "List the faults, also those that ended, and use an id.");
  }
  return ErrorWithDetail(
      absl::StatusCode::kInvalidArgument,
      absl::StrCat("\"", text, "\" may be any of ", absl::StrJoin(ids, ", ")),
      "AMBIGUOUS", text, "Give more digits of the id.");
}

std::vector<std::string> FaultIndex::Living() const {
  std::vector<std::string> ids;
  for (const auto& [id, fault] : faults_) {
    if (fault.living) ids.push_back(id);
  }
  return ids;
}

std::vector<std::string> FaultIndex::LivingOf(const std::string& owner) const {
  std::vector<std::string> ids;
  for (const auto& [id, fault] : faults_) {
    if (fault.living && fault.owner == owner) ids.push_back(id);
  }
  return ids;
}

}  // namespace sunder::controller
