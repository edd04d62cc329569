#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/base/json.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/server_process.hpp"

namespace kfs::security {

/// Headers, each as "Name: value".
using header_list = std::vector<std::string>;

inline const std::string admin_key = "kfs-test-admin-key-0123456789";

/// A server that takes API keys, with the tenants "payments" and "orders".
class guarded_server {
 public:
  /// `environment` holds further settings.
  explicit guarded_server(std::map<std::string, std::string> environment = {});

  /// Sends a request with `token`; nullopt: without one.
  test::http_response send(const std::optional<std::string>& token, const std::string& method, const std::string& path,
                           const std::optional<json>& body = std::nullopt, header_list headers = {});

  /// The same as the admin.
  test::http_response as_admin(const std::string& method, const std::string& path,
                               const std::optional<json>& body = std::nullopt, header_list headers = {}) {
    return send(admin_key, method, path, body, std::move(headers));
  }

  /// A new key of that role for these tenants.
  std::string key(const std::string& role, const std::vector<std::string>& tenants);

  /// A new consumer of that tenant, which is stopped and reaches nobody; its id.
  std::string consumer(const std::string& tenant, const std::string& topic = "topic");

  [[nodiscard]] test::server_process& process() noexcept { return process_; }

 private:
  test::server_process process_;
  test::http_client client_;
};

/// The body of a POST that makes a stopped consumer of a broker at which nothing listens.
json stopped_consumer(const std::string& topic);

}  // namespace kfs::security
