#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/ids.hpp"
#include "config/base/json.hpp"
#include "config/base/timestamp.hpp"
#include "config/schema/option_schema.hpp"

namespace kfs {

/// How much the consumers of a tenant may use together, on all replicas; nullopt where that is not limited.
struct tenant_quotas {
  std::optional<std::int64_t> consumers = {};
  std::optional<std::int64_t> instances = {};  ///< the sum of options.instances
  std::optional<std::int64_t> records_per_second = {};
  std::optional<std::int64_t> bytes_per_second = {};
  bool operator==(const tenant_quotas&) const = default;
};

/// What the consumers of a tenant may name; nullopt where the server's own lists decide alone. An empty list allows
/// nothing.
struct tenant_limits {
  using list = std::optional<std::vector<std::string>>;

  list topics = {};           ///< globs
  list consumer_groups = {};  ///< globs
  list brokers = {};          ///< host names, addresses, CIDR blocks, as in the settings
  list forwarder_hosts = {};
  list database_hosts = {};
  list file_directories = {};  ///< absolute paths
  bool operator==(const tenant_limits&) const = default;
};

/// What a tenant may use. A value.
struct tenant {
  std::string name;
  tenant_quotas quotas;
  tenant_limits allowed;
  timestamp created_at;
  timestamp updated_at;
  bool operator==(const tenant&) const = default;
};

/// What the consumers of a tenant use of the counted quotas.
struct tenant_usage {
  std::int64_t consumers = 0;
  std::int64_t instances = 0;
  bool operator==(const tenant_usage&) const = default;
};

/// The declaration of the body of PUT /tenants/{name}: `quotas` and `allowed`. The other fields of an answer are
/// ignored.
const object_schema& tenant_schema();

/// Reads the body that tenant_schema() has validated. `name` and the times are left as they are by default.
tenant to_tenant(const json& validated);

/// `{"consumers":…}`, all keys; null where nothing is limited.
json to_json(const tenant_quotas& quotas);
/// `{"topics":…}`, all keys; null where the server's lists decide alone.
json to_json(const tenant_limits& allowed);

}  // namespace kfs
