#include "processors/http/endpoints.hpp"

#include <curl/curl.h>

#include <map>
#include <mutex>

namespace kfs {

struct http_endpoints::registry {
  std::mutex mutex;
  observer seen;
  std::map<std::string, std::weak_ptr<circuit_breaker>> breakers;

  void tell(const std::string& origin, std::optional<breaker_state> state) const {
    if (seen) seen(origin, state);
  }

  void forget(const std::string& origin) {
    const std::lock_guard lock(mutex);
    const auto found = breakers.find(origin);
    if (found == breakers.end() || !found->second.expired()) return;  // another sink has made it again
    breakers.erase(found);
    tell(origin, std::nullopt);
  }
};

http_endpoints::http_endpoints(address_policy allowed, observer seen)
    : allowed_(std::move(allowed)), registry_(std::make_shared<registry>()) {
  registry_->seen = std::move(seen);
  ::curl_global_init(CURL_GLOBAL_DEFAULT);
}

http_endpoints::~http_endpoints() {
  ::curl_global_cleanup();
}

std::shared_ptr<circuit_breaker> http_endpoints::breaker_of(const std::string& origin) {
  const std::lock_guard lock(registry_->mutex);
  auto& entry = registry_->breakers[origin];
  if (auto there = entry.lock()) return there;
  const auto told = [known = registry_.get(), origin](breaker_state state) { known->tell(origin, state); };
  auto made = std::make_unique<circuit_breaker>(told);
  std::shared_ptr<circuit_breaker> shared(made.release(), [known = registry_, origin](circuit_breaker* gone) {
    delete gone;
    known->forget(origin);
  });
  entry = shared;
  registry_->tell(origin, breaker_state::closed);
  return shared;
}

breaker_condition http_endpoints::condition_of(const std::string& origin) const {
  std::shared_ptr<circuit_breaker> there;  // released after the lock, because the last owner's release takes it
  {
    const std::lock_guard lock(registry_->mutex);
    if (const auto found = registry_->breakers.find(origin); found != registry_->breakers.end())
      there = found->second.lock();
  }
  return {.endpoint = origin, .state = there ? there->state() : breaker_state::closed};
}

}  // namespace kfs
