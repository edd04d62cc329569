#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace kfs::test {

/// A TCP connection that sends whatever bytes a test likes: for requests that no HTTP client would make.
///
/// Threading: none. Errors: std::system_error where it cannot connect or gets no answer in time.
class raw_socket {
 public:
  /// Connects to a numeric IPv4 or IPv6 address.
  raw_socket(const std::string& address, std::uint16_t port);
  ~raw_socket();
  raw_socket(const raw_socket&) = delete;
  raw_socket& operator=(const raw_socket&) = delete;

  /// Sends as much as the peer takes; false where it closed its side first.
  bool send(std::string_view bytes);

  /// Ends this side's stream; the peer's answer can still be read.
  void finish_sending();

  /// Everything that the peer sends until it closes (or resets) the connection.
  std::string read_until_close(std::chrono::milliseconds patience = std::chrono::seconds{20});

  /// What the peer sends until `mark` has come, included.
  std::string read_until(std::string_view mark, std::chrono::milliseconds patience = std::chrono::seconds{20});

 private:
  /// Appends what comes; false at the end of the stream.
  bool read_some(std::string& into, std::chrono::steady_clock::time_point deadline);

  int descriptor_ = -1;
};

}  // namespace kfs::test
