#pragma once

#include <cstdint>
#include <string>

#include "config/access/tenant.hpp"
#include "config/base/error.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// What a consumer takes of its tenant's quotas, and which group of which cluster it uses. Stores keep it beside the
/// consumer, so that the rules below need not read every specification.
struct consumer_footprint {
  std::int64_t instances = 1;
  std::string group;    ///< in ASCII (to_stored_ascii)
  std::string servers;  ///< of its cluster: "host:port" in lower case, sorted, separated by commas
  bool operator==(const consumer_footprint&) const = default;
};

/// Names the cluster by broker_ip:broker_port and by options.kafka.bootstrap_servers.
consumer_footprint footprint_of(const consumer_spec& spec);

/// That of a consumer as it is stored (to_stored_text). A text that cannot be read takes one instance and no group.
consumer_footprint footprint_of_stored(const std::string& text);

/// True when two lists of consumer_footprint::servers name a common server.
bool share_a_server(const std::string& servers, const std::string& others);

/// The tenant that needs no entry in the store.
inline constexpr std::string_view tenant_of_all = "default";

/// Whether the tenant may use that much after a change. What it used before the change is never rejected, so that a
/// quota that was lowered stops nothing. Errors: quota_exceeded.
result<void> check_quotas(const tenant& limited, const tenant_usage& before, const tenant_usage& after);

/// The error for a consumer of a tenant that does not exist.
error unknown_tenant(const std::string& name);
/// The error for a consumer group that another tenant uses in the same cluster.
error group_of_another_tenant(const std::string& group);
/// The error for removing a tenant that has consumers.
error tenant_in_use(const std::string& name, std::int64_t consumers);

}  // namespace kfs
