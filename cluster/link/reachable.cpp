#include "cluster/link/reachable.hpp"

#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <memory>
#include <system_error>

#include "config/base/file_descriptor.hpp"

namespace kfs {
namespace {

/// 0, or the error number of the connection.
int connect_within(const addrinfo& address, std::chrono::milliseconds patience) {
  const file_descriptor socket(
      ::socket(address.ai_family, address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, address.ai_protocol));
  if (!socket) return errno;
  if (::connect(socket.get(), address.ai_addr, address.ai_addrlen) == 0) return 0;
  if (errno != EINPROGRESS) return errno;
  pollfd waited{socket.get(), POLLOUT, 0};
  if (::poll(&waited, 1, static_cast<int>(patience.count())) <= 0) return ETIMEDOUT;
  int failed = 0;
  socklen_t size = sizeof failed;
  return ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &failed, &size) == 0 ? failed : errno;
}

std::string numeric(const addrinfo& address) {
  std::array<char, NI_MAXHOST> text{};
  const int failed =
      ::getnameinfo(address.ai_addr, address.ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? std::string(text.data()) : std::string();
}

}  // namespace

result<std::string> reachable_address(const endpoint& place, std::chrono::milliseconds patience) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int failed = ::getaddrinfo(place.host.c_str(), std::to_string(place.port).c_str(), &wanted, &found);
      failed != 0) {
    return failure(ec::cannot_apply, "the name \"" + place.host + "\" cannot be resolved: " + ::gai_strerror(failed));
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, &::freeaddrinfo);
  int last = EADDRNOTAVAIL;
  for (const auto* address = found; address != nullptr; address = address->ai_next) {
    last = connect_within(*address, patience);
    if (last == 0) return numeric(*address);
  }
  return failure(ec::cannot_apply,
                 "nobody answers at " + to_string(place) + ": " + std::system_category().message(last));
}

}  // namespace kfs
