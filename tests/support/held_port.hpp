#pragma once

#include <string>

namespace kfs::test {

/// A port of 127.0.0.1 that the test reserves. While it listens, the kernel accepts connections but nothing answers;
/// otherwise connections are refused.
///
/// Threading: none. Errors: std::runtime_error when no port can be reserved.
class held_port {
 public:
  explicit held_port(bool listens);
  ~held_port();
  held_port(const held_port&) = delete;
  held_port& operator=(const held_port&) = delete;

  /// "127.0.0.1:PORT".
  [[nodiscard]] const std::string& address() const noexcept { return address_; }

 private:
  int socket_;
  std::string address_;
};

}  // namespace kfs::test
