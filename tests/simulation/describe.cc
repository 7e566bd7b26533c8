#include "tests/simulation/describe.h"

#include <string>
#include <type_traits>
#include <variant>

#include "absl/strings/str_cat.h"
#include "common/error_detail.h"

namespace sunder::simulation {
namespace {

template <typename T>
constexpr absl::string_view NameOf() {
  if constexpr (std::is_same_v<T, agent::v1::StageRequest>) return "Stage";
  if constexpr (std::is_same_v<T, agent::v1::ArmRequest>) return "Arm";
  if constexpr (std::is_same_v<T, agent::v1::KeepAliveRequest>) {
    return "KeepAlive";
  }
  if constexpr (std::is_same_v<T, agent::v1::HealRequest>) return "Heal";
  if constexpr (std::is_same_v<T, agent::StageOp>) return "stages";
  if constexpr (std::is_same_v<T, agent::ArmOp>) return "arms";
  if constexpr (std::is_same_v<T, agent::OpenOp>) return "opens";
  if constexpr (std::is_same_v<T, agent::RefreshOp>) return "refreshes";
  if constexpr (std::is_same_v<T, agent::ShutOp>) return "shuts";
  if constexpr (std::is_same_v<T, agent::RemoveOp>) return "removes";
  if constexpr (std::is_same_v<T, agent::ReadOp>) return "reads";
  return "?";
}

std::string StateOf(const agent::v1::Held& held) {
  return absl::StrCat(agent::v1::State_Name(held.state()).substr(6),
                      held.keep_alive() > 0
                          ? absl::StrCat(" keep-alive ", held.keep_alive())
                          : "");
}

}  // namespace

std::string Describe(const controller::Request& request) {
  return std::visit(
      [](const auto& r) -> std::string {
        using Type = std::decay_t<decltype(r)>;
        if constexpr (std::is_same_v<Type, agent::v1::DescribeRequest>) {
          return "Describe";
        } else if constexpr (std::is_same_v<Type,
                                            agent::v1::KeepAliveRequest>) {
          return absl::StrCat("KeepAlive ", r.number(), " of ", r.fault_id(),
                              " generation ", r.generation());
        } else {
          return absl::StrCat(NameOf<Type>(), " ", r.fault_id(), " generation ",
                              r.generation());
        }
      },
      request);
}

std::string Describe(const absl::StatusOr<controller::Response>& response) {
  if (!response.ok()) {
    const auto detail = GetErrorDetail(response.status());
    return detail ? detail->reason() : std::string(response.status().message());
  }
  return std::visit(
      [](const auto& r) -> std::string {
        using Type = std::decay_t<decltype(r)>;
        if constexpr (std::is_same_v<Type, agent::v1::DescribeResponse>) {
          return absl::StrCat("holds ", r.held_size());
        } else {
          return StateOf(r.held());
        }
      },
      *response);
}

std::string Describe(const agent::Action& action) {
  const auto* op = std::get_if<agent::KernelOp>(&action);
  if (op == nullptr) {
    return std::holds_alternative<agent::WriteRecord>(action)
               ? "writes its record"
               : "";
  }
  return std::visit(
      [op](const auto& what) {
        return absl::StrCat(NameOf<std::decay_t<decltype(what)>>(), " gate ",
                            op->gate);
      },
      op->what);
}

}  // namespace sunder::simulation
