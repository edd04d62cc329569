#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/error.hpp"

struct sockaddr;

namespace kfs {

/// Decides which addresses the server may connect to on behalf of a caller.
///
/// The list holds host names, addresses and CIDR blocks; an empty list allows any address. Link-local addresses and
/// the metadata services of clouds are refused whatever the list says: 169.254.0.0/16, fe80::/10, fd00:ec2::254,
/// 100.100.100.200, 0.0.0.0 and ::, multicast, broadcast; an IPv4-mapped IPv6 address counts as the IPv4 address.
///
/// Immutable; safe to share between threads.
class address_policy {
 public:
  address_policy() = default;

  /// Reads a list of entries such as "kafka.example", "10.0.0.0/8", "::1". `setting` names it in errors.
  static result<address_policy> parse(const std::vector<std::string>& entries, std::string setting);

  /// Before a connection: may a caller name this host at all? A name that is not listed passes here only if the list
  /// is empty or holds CIDR blocks or addresses (its addresses are checked when it connects).
  [[nodiscard]] result<void> check_host(std::string_view host) const;

  /// At connect time: may `address`, reached as `host`, be connected to?
  [[nodiscard]] result<void> check_address(const sockaddr* address, std::string_view host) const;

 private:
  struct block {
    std::vector<unsigned char> network;  ///< 4 or 16 bytes
    unsigned prefix = 0;
  };
  std::string setting_;
  std::vector<std::string> hosts_;
  std::vector<block> blocks_;
};

}  // namespace kfs
