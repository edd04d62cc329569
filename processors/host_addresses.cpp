#include "processors/host_addresses.hpp"

#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

namespace kfs {
namespace {

using found_addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

/// Shared by the resolving thread and the caller, who may have stopped waiting.
struct inquiry {
  std::mutex mutex;
  std::condition_variable_any changed;
  bool answered = false;
  int failed = 0;
  found_addresses found{nullptr, &::freeaddrinfo};
};

void resolve(const std::string& host, inquiry& into) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* first = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &wanted, &first);
  const std::lock_guard held(into.mutex);
  into.found.reset(first);
  into.failed = failed;
  into.answered = true;
  into.changed.notify_all();
}

result<found_addresses> resolved(const std::string& host, std::chrono::milliseconds patience,
                                 const std::stop_token& cancelled) {
  const auto asked = std::make_shared<inquiry>();
  std::thread([asked, host] { resolve(host, *asked); }).detach();
  std::unique_lock held(asked->mutex);
  if (!asked->changed.wait_for(held, cancelled, patience, [&] { return asked->answered; }))
    return failure(ec::sink_unavailable, fmt::format("the name {} was not resolved in time; it is tried again", host));
  if (asked->failed != 0)
    return failure(ec::sink_unavailable, fmt::format("the name {} cannot be resolved: {}; check db_dsn", host,
                                                     ::gai_strerror(asked->failed)));
  return std::move(asked->found);
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
