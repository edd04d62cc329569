#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace kfs::test {

/// A TCP connection that sends any bytes, for requests that an HTTP client cannot send.
///
/// Threading: none. Errors: std::system_error when it cannot connect or receives nothing in time.
class raw_socket {
 public:
  /// Connects to a numeric IPv4 or IPv6 address.
  raw_socket(const std::string& address, std::uint16_t port);
  ~raw_socket();
  raw_socket(const raw_socket&) = delete;
  raw_socket& operator=(const raw_socket&) = delete;

  /// Sends all bytes. False when the peer closed the connection first.
  bool send(std::string_view bytes);

  /// Closes the sending direction. The peer's answer can still be read.
  void finish_sending();

  /// Closes the connection with a reset (RST). No other call may follow.
  void reset();

  /// Reads until the peer closes or resets the connection.
  std::string read_until_close(std::chrono::milliseconds patience = std::chrono::seconds{20});

  /// Reads up to and including `mark`, and possibly bytes after it.
  std::string read_until(std::string_view mark, std::chrono::milliseconds patience = std::chrono::seconds{20});

 private:
  /// Appends the next bytes to `received`. False at the end of the stream.
  bool read_some(std::string& received, std::chrono::steady_clock::time_point deadline);

  int descriptor_ = -1;
};

}  // namespace kfs::test
