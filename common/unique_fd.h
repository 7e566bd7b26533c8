// Owns one file descriptor; closes it when it goes.

#ifndef SUNDER_COMMON_UNIQUE_FD_H_
#define SUNDER_COMMON_UNIQUE_FD_H_

#include <utility>

namespace sunder {

class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) : fd_(fd) {}  // Takes ownership; -1 is "none".
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~UniqueFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  void Reset(int fd = -1);

 private:
  int fd_ = -1;
};

}  // namespace sunder

#endif  // SUNDER_COMMON_UNIQUE_FD_H_
