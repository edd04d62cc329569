#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"

namespace kfs {

/// The 4 or 16 bytes of an IPv4 or IPv6 address, in network order.
using ip_bytes = std::vector<unsigned char>;

/// Reads "10.0.0.1" or "::1"; nullopt for any other text, such as brackets, a zone, or a shortened address ("127.1").
std::optional<ip_bytes> parse_ip(std::string_view text);

/// True for a host name of the DNS: up to 253 characters, labels of 1 to 63 letters, digits, `-` and `_`; a trailing
/// dot is allowed. False for a name that ends in a number, because resolvers read it as an IPv4 address.
bool is_host_name(std::string_view text) noexcept;

/// True for "localhost", and for an address that leads to this machine only: 127.0.0.0/8, ::1.
bool is_loopback(std::string_view host);

/// One text for all spellings of a host: an address in its shortest form (RFC 5952), an IPv4 address also where an IPv6
/// one stands for it, "localhost" for this machine by its usual names, 127.0.0.1 and ::1, any other name in lower case
/// without a trailing dot. Two names that lead to one machine are not known to.
std::string canonical_host(std::string_view host);

/// The host and port of a server.
struct endpoint {
  std::string host;  ///< a name or an address; an IPv6 address has no brackets
  std::uint16_t port = 0;
  bool operator==(const endpoint&) const = default;
};

/// "host:port"; an IPv6 address is put in brackets.
std::string to_string(const endpoint& place);

/// Reads "host:port" or "[::1]:port", port 1 to 65535. The error does not repeat the text.
result<endpoint> parse_endpoint(std::string_view text);

/// Reads a comma-separated list of at least one endpoint. The error names the entry by its number, from 1.
result<std::vector<endpoint>> parse_endpoints(std::string_view text);

}  // namespace kfs
