#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/base/endpoint.hpp"
#include "config/base/error.hpp"

struct sockaddr;

namespace kfs {

/// The addresses whose first `prefix` bits are those of `network`.
struct address_block {
  ip_bytes network;
  unsigned prefix = 0;
};

/// Decides which addresses the server may connect to on behalf of a caller.
///
/// The list holds host names, addresses and CIDR blocks; an empty list allows any address. Link-local addresses and
/// the metadata services of clouds are never allowed: 169.254.0.0/16, fe80::/10, fd00:ec2::254,
/// fd20:ce::254, 100.100.100.200, 168.63.129.16, 192.0.0.192, 0.0.0.0 and ::, multicast, broadcast. An IPv4-mapped
/// IPv6 address, or one that NAT64 (64:ff9b::/96) translates, counts as the IPv4 address. Loopback is allowed.
///
/// Host names are compared without case and without a trailing dot.
///
/// Threading: immutable, safe to share between threads.
class address_policy {
 public:
  address_policy() = default;

  /// Reads entries such as "kafka.example", "10.0.0.0/8", "::1". `setting` names the list in errors. An error gives the
  /// number of the wrong entry, from 1, and does not repeat the entry.
  static result<address_policy> parse(const std::vector<std::string>& entries, std::string setting);

  /// The same, but an empty list allows nothing, and a host name passes check_host() only when the list names it, so
  /// that no later check is needed. "localhost" counts as 127.0.0.1.
  static result<address_policy> exactly(const std::vector<std::string>& entries, std::string setting);

  /// Checks a host that a caller names, before any connection. A name that is not listed passes only when the list is
  /// empty or holds addresses or CIDR blocks; check_address() then checks its addresses.
  [[nodiscard]] result<void> check_host(std::string_view host) const;

  /// Checks an address of `host`, just before the connection.
  [[nodiscard]] result<void> check_address(const sockaddr* address, std::string_view host) const;

 private:
  [[nodiscard]] bool allows_any() const noexcept { return !exact_ && hosts_.empty() && blocks_.empty(); }
  [[nodiscard]] bool lists_host(const std::string& normalised) const;
  [[nodiscard]] result<void> check_ip(const ip_bytes& address, const std::string& normalised_host) const;
  [[nodiscard]] error not_listed(std::string_view subject) const;

  std::string setting_;
  std::vector<std::string> hosts_;  ///< normalised
  std::vector<address_block> blocks_;
  bool exact_ = false;
};

}  // namespace kfs
