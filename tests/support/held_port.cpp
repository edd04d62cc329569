#include "tests/support/held_port.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace kfs::test {

held_port::held_port(bool listens) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket_, generic, length) != 0 || (listens && ::listen(socket_, SOMAXCONN) != 0) ||
      ::getsockname(socket_, generic, &length) != 0) {
    ::close(socket_);
    throw std::runtime_error("cannot reserve a port of 127.0.0.1");
  }
  address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

held_port::~held_port() {
  ::close(socket_);
}

}  // namespace kfs::test
