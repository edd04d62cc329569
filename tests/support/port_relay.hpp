#pragma once

#include <cstdint>
#include <map>
#include <thread>

#include "tests/support/network_namespace.hpp"

namespace kfs::test {

/// Carries each connection to a port of 127.0.0.1 in one network to the same port of 127.0.0.1 in another one.
///
/// Suits peers that read what they are sent: one that does not holds up the other connections.
///
/// Ownership: the namespaces have to live as long. Threading: a thread of its own carries the bytes.
/// Errors: std::runtime_error when the port is in use. A connection that the other side refuses is closed.
class port_relay {
 public:
  /// nullptr is the network of this process. Port 0 takes a free one.
  port_relay(const network_namespace* from, const network_namespace* to, std::uint16_t port = 0);
  ~port_relay();
  port_relay(const port_relay&) = delete;
  port_relay& operator=(const port_relay&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

 private:
  void carry();
  void accept();
  void forward(int descriptor);

  const network_namespace* to_;
  int listener_;
  int end_;  ///< an eventfd that wakes the thread for its end
  std::uint16_t port_ = 0;
  std::map<int, int> peers_;  ///< both sides of each connection, by each other
  std::thread carrying_;
};

}  // namespace kfs::test
