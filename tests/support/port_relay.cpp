#include "tests/support/port_relay.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <vector>

namespace kfs::test {
namespace {

int socket_in(const network_namespace* network) {
  int descriptor = -1;
  const auto make = [&] { descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0); };
  if (network == nullptr)
    make();
  else
    network->within(make);
  return descriptor;
}

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void send_at_once(int descriptor) {
  const int yes = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
}

bool send_all(int descriptor, const char* bytes, std::size_t size) {
  while (size > 0) {
    const auto sent = ::send(descriptor, bytes, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

port_relay::port_relay(const network_namespace* from, const network_namespace* to, std::uint16_t port)
    : to_(to), listener_(socket_in(from)), end_(::eventfd(0, EFD_CLOEXEC)) {
  auto address = loopback(port);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, generic, length) != 0 || ::listen(listener_, SOMAXCONN) != 0 ||
      ::getsockname(listener_, generic, &length) != 0) {
    ::close(listener_);
    ::close(end_);
    throw std::runtime_error("cannot listen on port " + std::to_string(port) + " of 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  carrying_ = std::thread([this] { carry(); });
}

port_relay::~port_relay() {
  const std::uint64_t one = 1;
  if (::write(end_, &one, sizeof one) == sizeof one) carrying_.join();
  for (const auto& [side, other] : peers_) ::close(side);
  ::close(listener_);
  ::close(end_);
}

void port_relay::carry() {
  while (true) {
    std::vector<pollfd> watched{{.fd = end_, .events = POLLIN, .revents = 0},
                                {.fd = listener_, .events = POLLIN, .revents = 0}};
    for (const auto& [side, other] : peers_) watched.push_back({.fd = side, .events = POLLIN, .revents = 0});
    if (::poll(watched.data(), watched.size(), -1) < 0) continue;
    if (watched[0].revents != 0) return;
    for (std::size_t i = 2; i < watched.size(); ++i)
      if (watched[i].revents != 0 && peers_.contains(watched[i].fd)) forward(watched[i].fd);
    if (watched[1].revents != 0) accept();
  }
}

void port_relay::accept() {
  const int side = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (side < 0) return;
  const int other = socket_in(to_);
  const auto address = loopback(port_);
  if (::connect(other, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(side);
    ::close(other);
    return;
  }
  for (const int descriptor : {side, other}) send_at_once(descriptor);
  peers_[side] = other;
  peers_[other] = side;
}

void port_relay::forward(int descriptor) {
  std::array<char, std::size_t{64} * 1024> bytes;
  const int other = peers_.at(descriptor);
  const auto size = ::recv(descriptor, bytes.data(), bytes.size(), 0);
  if (size > 0 && send_all(other, bytes.data(), static_cast<std::size_t>(size))) return;
  for (const int side : {descriptor, other}) {
    peers_.erase(side);
    ::close(side);
  }
}

}  // namespace kfs::test
