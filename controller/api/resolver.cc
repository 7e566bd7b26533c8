#include "controller/api/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/address.h"

namespace sunder::controller {

absl::StatusOr<std::vector<std::string>> SystemLookUp(const std::string& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(name.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    return absl::UnavailableError(
        absl::StrCat("resolve ", name, ": ", gai_strerror(error)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(list,
                                                                 freeaddrinfo);
  std::vector<std::string> addresses;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text.data(), text.size(),
                    nullptr, 0, NI_NUMERICHOST) != 0) {
      continue;
    }
    const absl::StatusOr<Address> address = Address::Parse(text.data());
    if (address.ok()) addresses.push_back(address->ToString());
  }
  if (addresses.empty()) {
    return absl::UnavailableError(
        absl::StrCat("resolve ", name, ": it has no IPv4 or IPv6 address"));
  }
  return addresses;
}

Resolver::Resolver(LookUp look_up, absl::Duration timeout)
    : look_up_(std::move(look_up)), timeout_(timeout) {}

Resolver::Addresses Resolver::Resolve(const std::string& name) {
  const std::shared_ptr<Query> query = QueryOf(name);
  absl::MutexLock lock(&query->mutex);
  if (!query->mutex.AwaitWithTimeout(absl::Condition(&query->done), timeout_)) {
    return absl::DeadlineExceededError(
        absl::StrCat("resolve ", name, ": no answer within ",
                     absl::FormatDuration(timeout_)));
  }
  return query->answer;
}

// One that runs, or a new one: an answer that came late is no longer news.
std::shared_ptr<Resolver::Query> Resolver::QueryOf(const std::string& name) {
  absl::MutexLock lock(&mutex_);
  std::shared_ptr<Query>& query = queries_[name];
  if (query != nullptr) {
    absl::MutexLock query_lock(&query->mutex);
    if (!query->done) return query;
  }
  query = std::make_shared<Query>();
  std::thread([query, name, look_up = look_up_] {
    Addresses answer = look_up(name);
    absl::MutexLock query_lock(&query->mutex);
    query->answer = std::move(answer);
    query->done = true;
  }).detach();
  return query;
}

}  // namespace sunder::controller
