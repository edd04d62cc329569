#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "config/base/address_policy.hpp"
#include "processors/circuit_breaker.hpp"

namespace kfs {

/// What all HTTP clients of the process share: where they may send, and one circuit breaker an endpoint. While it
/// lives, libcurl is ready.
///
/// Ownership: shared by the sinks. Threading: safe from any thread.
class http_endpoints {
 public:
  /// Told of every change of a breaker, with its endpoint; none: nobody sends there any more.
  using observer = std::function<void(const std::string& origin, std::optional<breaker_state>)>;

  http_endpoints(address_policy allowed, observer seen);
  ~http_endpoints();
  http_endpoints(const http_endpoints&) = delete;
  http_endpoints& operator=(const http_endpoints&) = delete;

  [[nodiscard]] const address_policy& allowed() const noexcept { return allowed_; }

  /// The one breaker of the endpoint "scheme://host:port", for as long as somebody holds it.
  std::shared_ptr<circuit_breaker> breaker_of(const std::string& origin);

  /// How that breaker is; closed where nobody holds one. Makes none.
  [[nodiscard]] breaker_condition condition_of(const std::string& origin) const;

 private:
  struct registry;
  const address_policy allowed_;
  const std::shared_ptr<registry> registry_;
};

}  // namespace kfs
