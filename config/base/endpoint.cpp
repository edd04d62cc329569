#include "config/base/endpoint.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <system_error>

#include "config/base/text.hpp"

namespace kfs {
namespace {

bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

bool is_label(std::string_view label) noexcept {
  const auto allowed = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), allowed);
}

/// True for "12" or "0x1f": inet_aton, and with it the resolver, reads a name with such a last label as an IPv4
/// address.
bool is_number(std::string_view label) noexcept {
  if (label.starts_with("0x") || label.starts_with("0X")) return true;
  return std::all_of(label.begin(), label.end(), is_digit);
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
  std::uint16_t port = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (problem != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

tl::unexpected<error> malformed(std::string reason) {
  return failure(ec::invalid_request, std::move(reason));
}

}  // namespace

std::optional<ip_bytes> parse_ip(std::string_view text) {
  if (text.size() >= INET6_ADDRSTRLEN || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string terminated(text);
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET, terminated.c_str(), bytes.data()) == 1) return ip_bytes(bytes.begin(), bytes.begin() + 4);
  if (::inet_pton(AF_INET6, terminated.c_str(), bytes.data()) == 1) return ip_bytes(bytes.begin(), bytes.end());
  return std::nullopt;
}

bool is_host_name(std::string_view text) noexcept {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty() || text.size() > 253) return false;
  for (auto dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    if (!is_label(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  return is_label(text) && !is_number(text);
}

std::string to_string(const endpoint& place) {
  const bool ipv6 = place.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + place.host + "]" : place.host) + ":" + std::to_string(place.port);
}

result<endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return malformed("has no port: write host:port");
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (!bracketed && host.find(':') != std::string_view::npos) {
    return malformed("is not host:port: put an IPv6 address in brackets, like [::1]:9092, and write no scheme");
  }
  if (bracketed) host = host.substr(1, host.size() - 2);
  const auto address = parse_ip(host);
  const bool known = bracketed ? address && address->size() == 16 : address || is_host_name(host);
  if (!known) return malformed("has a host that is neither a host name nor an IP address: write host:port");
  const auto port = parse_port(text.substr(colon + 1));
  if (!port) return malformed("has a port that is not a whole number from 1 to 65535");
  return endpoint{std::string(host), *port};
}

result<std::vector<endpoint>> parse_endpoints(std::string_view text) {
  std::vector<endpoint> places;
  for (const std::string& entry : split_list(text)) {
    const std::string number = "entry " + std::to_string(places.size() + 1) + " ";
    if (entry.empty()) return malformed(number + "is empty: write host:port, separated by single commas");
    auto place = parse_endpoint(entry);
    if (!place) return malformed(number + place.error().message);
    places.push_back(std::move(*place));
  }
  return places;
}

std::string canonical_host(std::string_view host) {
  constexpr std::array<std::string_view, 4> this_machine{"localhost", "localhost.localdomain", "ip6-localhost",
                                                         "ip6-loopback"};
  static const ip_bytes ipv4_in_ipv6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (host.ends_with('.')) host.remove_suffix(1);
  const auto name = lower_case(host);
  auto address = parse_ip(name);
  if (!address) return std::ranges::find(this_machine, name) == this_machine.end() ? name : "localhost";
  if (address->size() == 16 && std::equal(ipv4_in_ipv6.begin(), ipv4_in_ipv6.end(), address->begin()))
    address->erase(address->begin(), address->end() - 4);
  if (address == parse_ip("127.0.0.1") || address == parse_ip("::1")) return "localhost";
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(address->size() == 4 ? AF_INET : AF_INET6, address->data(), text.data(), text.size());
  return text.data();
}

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  const auto bytes = parse_ip(host);
  return bytes && bytes->size() == 4 && bytes->front() == 127;
}

}  // namespace kfs
