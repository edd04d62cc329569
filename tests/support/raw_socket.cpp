#include "tests/support/raw_socket.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <system_error>
#include <utility>

namespace kfs::test {
namespace {

using std::chrono::steady_clock;

[[noreturn]] void fail(const char* what, int code) {
  throw std::system_error(code, std::generic_category(), what);
}

}  // namespace

raw_socket::raw_socket(const std::string& address, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(address.c_str(), std::to_string(port).c_str(), &hints, &found) != 0) fail("address", EINVAL);
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> target{found, ::freeaddrinfo};
  descriptor_ = ::socket(target->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) fail("socket", errno);
  if (::connect(descriptor_, target->ai_addr, target->ai_addrlen) != 0) {
    const int code = errno;
    ::close(descriptor_);
    fail("connect", code);
  }
}

raw_socket::~raw_socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool raw_socket::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void raw_socket::finish_sending() {
  ::shutdown(descriptor_, SHUT_WR);
}

void raw_socket::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(std::exchange(descriptor_, -1));
}

bool raw_socket::read_some(std::string& received, steady_clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now());
  pollfd waiting{.fd = descriptor_, .events = POLLIN, .revents = 0};
  if (::poll(&waiting, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) <= 0) fail("read", ETIMEDOUT);
  std::array<char, 16 * 1024> bytes{};
  const auto size = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
  if (size <= 0) return false;
  received.append(bytes.data(), static_cast<std::size_t>(size));
  return true;
}

std::string raw_socket::read_until_close(std::chrono::milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  std::string out;
  while (read_some(out, deadline)) {
  }
  return out;
}

std::string raw_socket::read_until(std::string_view mark, std::chrono::milliseconds patience) {
  const auto deadline = steady_clock::now() + patience;
  std::string out;
  while (out.find(mark) == std::string::npos) {
    if (!read_some(out, deadline)) fail("read", ECONNRESET);
  }
  return out;
}

}  // namespace kfs::test
