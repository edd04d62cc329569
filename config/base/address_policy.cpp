#include "config/base/address_policy.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t ipv4_size = 4;
constexpr std::size_t ipv6_size = 16;
constexpr unsigned translated_prefix = 96;  ///< bits before the IPv4 address that is embedded in an IPv6 address

struct forbidden_block {
  address_block block;
  std::string_view kind;
};

bool contains(const address_block& block, const ip_bytes& address) noexcept {
  if (block.network.size() != address.size()) return false;
  const std::size_t whole = block.prefix / 8;
  if (!std::equal(address.begin(), address.begin() + static_cast<std::ptrdiff_t>(whole), block.network.begin())) {
    return false;
  }
  const unsigned rest = block.prefix % 8;
  if (rest == 0) return true;
  const unsigned mask = 0xFFU << (8U - rest);
  return (address[whole] & mask) == (block.network[whole] & mask);
}

/// True for an IPv4-mapped address and for one behind the well-known NAT64 prefix.
bool stands_for_ipv4(const ip_bytes& address) {
  static const std::array<address_block, 2> translated{
      {{*parse_ip("::ffff:0:0"), translated_prefix}, {*parse_ip("64:ff9b::"), translated_prefix}}};
  return std::any_of(translated.begin(), translated.end(), [&](const auto& block) { return contains(block, address); });
}

ip_bytes ipv4_part(const ip_bytes& address) {
  return {address.begin() + (ipv6_size - ipv4_size), address.end()};
}

ip_bytes canonical(const ip_bytes& address) {
  return stands_for_ipv4(address) ? ipv4_part(address) : address;
}

/// Reads "10.0.0.0/8", or a single address, which is a block of one.
std::optional<address_block> parse_block(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  auto prefix = static_cast<unsigned>(address->size() * 8);
  if (slash != std::string_view::npos) {
    const std::string_view bits = text.substr(slash + 1);
    const unsigned most = prefix;
    const auto [end, problem] = std::from_chars(bits.data(), bits.data() + bits.size(), prefix);
    if (problem != std::errc{} || end != bits.data() + bits.size() || prefix > most) return std::nullopt;
  }
  if (prefix >= translated_prefix && stands_for_ipv4(*address)) {
    return address_block{ipv4_part(*address), prefix - translated_prefix};
  }
  return address_block{*address, prefix};
}

/// Names the kind of an address that no list can allow; nullopt for any other address.
std::optional<std::string_view> forbidden_kind(const ip_bytes& address) {
  constexpr std::string_view link_local = "a link-local address";
  constexpr std::string_view metadata = "the address of a cloud's metadata service";
  constexpr std::string_view unspecified = "the unspecified address";
  constexpr std::string_view multicast = "a multicast address";
  static const std::array<forbidden_block, 12> forbidden{{
      {*parse_block("169.254.0.0/16"), link_local},
      {*parse_block("fe80::/10"), link_local},
      {*parse_block("100.100.100.200"), metadata},
      {*parse_block("168.63.129.16"), metadata},
      {*parse_block("192.0.0.192"), metadata},
      {*parse_block("fd00:ec2::254"), metadata},
      {*parse_block("fd20:ce::254"), metadata},
      {*parse_block("0.0.0.0"), unspecified},
      {*parse_block("::"), unspecified},
      {*parse_block("224.0.0.0/4"), multicast},
      {*parse_block("ff00::/8"), multicast},
      {*parse_block("255.255.255.255"), "the broadcast address"},
  }};
  const auto* const found =
      std::ranges::find_if(forbidden, [&](const forbidden_block& entry) { return contains(entry.block, address); });
  if (found == forbidden.end()) return std::nullopt;
  return found->kind;
}

std::optional<ip_bytes> bytes_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    sockaddr_in ipv4{};
    std::memcpy(&ipv4, address, sizeof ipv4);
    ip_bytes bytes(ipv4_size);
    std::memcpy(bytes.data(), &ipv4.sin_addr, ipv4_size);
    return bytes;
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 ipv6{};
    std::memcpy(&ipv6, address, sizeof ipv6);
    ip_bytes bytes(ipv6_size);
    std::memcpy(bytes.data(), &ipv6.sin6_addr, ipv6_size);
    return bytes;
  }
  return std::nullopt;
}

std::string to_text(const ip_bytes& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.size() == ipv4_size ? AF_INET : AF_INET6;
  ::inet_ntop(family, address.data(), text.data(), text.size());
  return text.data();
}

/// Without brackets, a trailing dot or upper case.
std::string normalised(std::string_view host) {
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.ends_with('.')) host.remove_suffix(1);
  return lower_case(host);
}

std::string shown(std::string_view host) {
  constexpr std::size_t longest_name = 253;
  return escaped(host, escaping::plain, longest_name);
}

}  // namespace

result<address_policy> address_policy::parse(const std::vector<std::string>& entries, std::string setting) {
  address_policy policy;
  policy.setting_ = std::move(setting);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string entry = normalised(entries[i]);
    if (auto block = parse_block(entry)) {
      policy.blocks_.push_back(std::move(*block));
    } else if (is_host_name(entry)) {
      policy.hosts_.push_back(entry);
    } else {
      return failure(ec::invalid_request,
                     fmt::format("entry {} of {} is neither a host name, an IP address nor a CIDR block: write each "
                                 "without a scheme and a port, like kafka.example or 10.0.0.0/8",
                                 i + 1, policy.setting_));
    }
  }
  return policy;
}

result<address_policy> address_policy::exactly(const std::vector<std::string>& entries, std::string setting) {
  auto policy = parse(entries, std::move(setting));
  if (policy) policy->exact_ = true;
  return policy;
}

result<void> address_policy::check_host(std::string_view host) const {
  const std::string name = normalised(host);
  if (name.empty()) return failure(ec::invalid_request, "the host is empty: name a host or an IP address");
  const std::string_view without_zone = std::string_view(name).substr(0, name.find('%'));
  if (const auto address = parse_ip(without_zone)) return check_ip(*address, name);
  if (allows_any() || lists_host(name)) return {};
  if (exact_ && name == "localhost") return check_ip(*parse_ip("127.0.0.1"), name);
  if (!exact_ && !blocks_.empty()) return {};
  return tl::make_unexpected(not_listed(shown(host)));
}

result<void> address_policy::check_address(const sockaddr* address, std::string_view host) const {
  const auto bytes = bytes_of(address);
  if (!bytes) {
    return failure(ec::invalid_request, fmt::format("{} has an address that is neither IPv4 nor IPv6", shown(host)));
  }
  return check_ip(*bytes, normalised(host));
}

bool address_policy::lists_host(const std::string& normalised) const {
  return std::find(hosts_.begin(), hosts_.end(), normalised) != hosts_.end();
}

result<void> address_policy::check_ip(const ip_bytes& address, const std::string& normalised_host) const {
  const ip_bytes reached = canonical(address);
  std::string subject = to_text(reached);
  if (subject != normalised_host) subject = fmt::format("{} (address of {})", subject, shown(normalised_host));
  if (const auto kind = forbidden_kind(reached)) {
    return failure(ec::invalid_request, fmt::format("{} may not be connected to: it is {}", subject, *kind));
  }
  const bool in_a_block =
      std::any_of(blocks_.begin(), blocks_.end(), [&](const auto& block) { return contains(block, reached); });
  if (allows_any() || in_a_block || lists_host(normalised_host)) return {};
  return tl::make_unexpected(not_listed(subject));
}

error address_policy::not_listed(std::string_view subject) const {
  return {ec::invalid_request,
          fmt::format("{} may not be connected to: {} does not list it; name an allowed host, or have the operator add "
                      "this one",
                      subject, setting_)};
}

}  // namespace kfs
