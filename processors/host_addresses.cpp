#include "processors/host_addresses.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "processors/ask_in_thread.hpp"

namespace kfs {
namespace {

using found_addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

struct resolution {
  int failed = 0;  ///< an error code of getaddrinfo(); 0 when there is none
  found_addresses found{nullptr, &::freeaddrinfo};
};

resolution resolve(const std::string& host) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &wanted, &first);
  return {failed, found_addresses(first, &::freeaddrinfo)};
}

result<found_addresses> resolved(const std::string& host, std::chrono::milliseconds patience,
                                 const std::stop_token& cancelled) {
  auto answer = ask_in_thread<resolution>([host] { return resolve(host); }, patience, cancelled);
  if (!answer)
    return failure(ec::sink_unavailable, fmt::format("the name {} was not resolved in time; it is tried again", host));
  if (answer->failed != 0)
    return failure(ec::sink_unavailable, fmt::format("the name {} cannot be resolved: {}; check db_dsn", host,
                                                     ::gai_strerror(answer->failed)));
  return std::move(answer->found);
}

/// The text of an address; nullopt when it is neither IPv4 nor IPv6.
std::optional<std::string> text_of(const addrinfo& address) {
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(address.ai_addr, address.ai_addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0)
    return std::nullopt;
  return std::string(text.data());
}

}  // namespace

result<std::vector<std::pair<std::string, std::size_t>>> addresses_of(const std::vector<endpoint>& hosts,
                                                                      const address_policy& policy,
                                                                      std::chrono::milliseconds patience,
                                                                      const std::stop_token& cancelled) {
  std::vector<std::pair<std::string, std::size_t>> all;
  std::optional<error> unresolved;
  for (std::size_t host = 0; host < hosts.size(); ++host) {
    const auto found = resolved(hosts[host].host, patience, cancelled);
    if (!found) {
      unresolved = found.error();
      continue;
    }
    for (const auto* entry = found->get(); entry != nullptr; entry = entry->ai_next) {
      if (const auto allowed = policy.check_address(entry->ai_addr, hosts[host].host); !allowed)
        return failure(ec::sink_denied, allowed.error().message);
      if (const auto text = text_of(*entry); text && std::ranges::find(all, std::pair(*text, host)) == all.end())
        all.emplace_back(*text, host);
    }
  }
  if (all.empty() && unresolved) return tl::make_unexpected(*unresolved);
  return all;
}

}  // namespace kfs
