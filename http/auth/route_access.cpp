#include "http/auth/route_access.hpp"

#include <algorithm>

namespace kfs {
namespace {

std::vector<route_access> declare() {
  using enum permission;
  using enum route_access::admission;
  return {
      {"GET", "/", "index.get", open},
      {"GET", "/health/live", "health.live", open},
      {"GET", "/livez", "health.live", open},
      {"GET", "/healthz", "health.live", open},
      {"GET", "/health/ready", "health.ready", open},
      {"GET", "/readyz", "health.ready", open},
      {"GET", "/openapi.json", "docs.get", open},
      {"GET", "/docs", "docs.get", open},
      {"GET", "/docs/{file}", "docs.get", open},
      {"GET", "/whoami", "access.whoami", signed_in},
      {"POST", "/access/check", "access.check", signed_in},
      {"GET", "/processor-types", "processor_types.list", signed_in},
      {"GET", "/consumers", "consumer.list", permitted, {consumers_view}},
      {"POST", "/consumers", "consumer.create", permitted, {consumers_edit}, true},
      {"GET", "/consumers/{consumer_id}", "consumer.get", permitted, {consumers_view}},
      {"PUT", "/consumers/{consumer_id}", "consumer.update", permitted, {consumers_edit}, true},
      {"DELETE", "/consumers/{consumer_id}", "consumer.delete", permitted, {consumers_edit}, true},
      {"GET", "/consumers/{consumer_id}/status", "consumer.status", permitted, {consumers_view}},
      {"GET", "/consumers/{consumer_id}/events", "consumer.events", permitted, {consumers_view}},
      {"GET", "/consumers/{consumer_id}/lag", "consumer.lag", permitted, {consumers_view}},
      {"GET", "/consumers/{consumer_id}/history", "consumer.history", permitted, {consumers_view}},
      {"PUT", "/consumers/{consumer_id}/offsets", "consumer.offsets", permitted, {offsets_change}, true},
      {"POST", "/consumers/{consumer_id}/start", "consumer.start", permitted, {consumers_operate}, true},
      {"POST", "/consumers/{consumer_id}/stop", "consumer.stop", permitted, {consumers_operate}, true},
      {"POST", "/consumers/{consumer_id}/pause", "consumer.pause", permitted, {consumers_operate}, true},
      {"POST", "/consumers/{consumer_id}/resume", "consumer.resume", permitted, {consumers_operate}, true},
      {"POST", "/consumers/{consumer_id}/restart", "consumer.restart", permitted, {consumers_operate}, true},
      {"POST", "/pause", "consumer.pause", permitted, {consumers_operate}, true},
      {"POST", "/resume", "consumer.resume", permitted, {consumers_operate}, true},
      {"GET", "/consumergroups", "group.list", permitted, {groups_view, consumers_view}},
      {"GET", "/consumergroups/{group_id}", "group.describe", permitted, {groups_view, consumers_view}},
      {"GET", "/consumergroups/{group_id}/offsets", "group.offsets", permitted, {groups_view, consumers_view}},
      {"GET", "/consumergroups/{group_id}/lag", "group.lag", permitted, {groups_view, consumers_view}},
      {"GET", "/monitor/consumer-group-offsets", "group.offsets", permitted, {groups_view, consumers_view}},
      {"GET", "/monitor/consumer-group-lag", "group.lag", permitted, {groups_view, consumers_view}},
      {"GET", "/health", "health.get", permitted, {consumers_view}},
      {"GET", "/metrics", "metrics.get", permitted, {metrics_view}},
      {"GET", "/cluster", "cluster.get", permitted, {cluster_view}},
      {"POST", "/cluster/replicas/{replica}/drain", "replica.drain", permitted, {cluster_operate}, true},
      {"POST", "/cluster/replicas/{replica}/resume", "replica.resume", permitted, {cluster_operate}, true},
      {"POST", "/cluster/replicas/{replica}/evict", "replica.evict", permitted, {cluster_operate}, true},
      {"GET", "/api-keys", "api_key.list", permitted, {keys_manage}},
      {"POST", "/api-keys", "api_key.create", permitted, {keys_manage}, true},
      {"DELETE", "/api-keys/{key_id}", "api_key.delete", permitted, {keys_manage}, true},
      {"GET", "/tenants", "tenant.list", permitted, {tenants_manage}},
      {"GET", "/tenants/{tenant}", "tenant.get", permitted, {tenants_manage}},
      {"PUT", "/tenants/{tenant}", "tenant.put", permitted, {tenants_manage}, true},
      {"DELETE", "/tenants/{tenant}", "tenant.delete", permitted, {tenants_manage}, true},
      {"GET", "/audit", "audit.list", permitted, {audit_view}},
  };
}

}  // namespace

const std::vector<route_access>& route_access_table() {
  static const std::vector<route_access> table = declare();
  return table;
}

const route_access* access_of(std::string_view method, std::string_view path_template) noexcept {
  const auto& table = route_access_table();
  const auto found = std::ranges::find_if(
      table, [&](const route_access& row) { return row.method == method && row.path_template == path_template; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace kfs
