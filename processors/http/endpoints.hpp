#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "config/base/address_policy.hpp"
#include "processors/circuit_breaker.hpp"

namespace kfs {

/// What all HTTP clients of the process share: the allowed hosts, and one circuit breaker per endpoint. libcurl is
/// initialised while this object lives.
///
/// Ownership: shared by the sinks. Threading: safe from any thread.
class http_endpoints {
 public:
  /// Called with every change of a breaker; nullopt when the endpoint is no longer used.
  using observer = std::function<void(const std::string& origin, std::optional<breaker_state>)>;

  http_endpoints(address_policy allowed, observer seen);
  ~http_endpoints();
  http_endpoints(const http_endpoints&) = delete;
  http_endpoints& operator=(const http_endpoints&) = delete;

  [[nodiscard]] const address_policy& allowed() const noexcept { return allowed_; }

  /// The breaker of the endpoint "scheme://host:port". It lives as long as somebody holds it.
  std::shared_ptr<circuit_breaker> breaker_of(const std::string& origin);

  /// The state of that breaker; closed when there is none. Makes none.
  [[nodiscard]] breaker_condition condition_of(const std::string& origin) const;

 private:
  struct registry;
  const address_policy allowed_;
  const std::shared_ptr<registry> registry_;
};

}  // namespace kfs
