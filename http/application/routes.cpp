#include "http/application/routes.hpp"

#include <stdexcept>

#include "http/application/application.hpp"
#include "http/handlers/access_handlers.hpp"
#include "http/handlers/api_key_handlers.hpp"
#include "http/handlers/audit_handlers.hpp"
#include "http/handlers/cluster_handlers.hpp"
#include "http/handlers/consumer_handlers.hpp"
#include "http/handlers/document_handlers.hpp"
#include "http/handlers/health_handlers.hpp"
#include "http/handlers/lag_handlers.hpp"
#include "http/handlers/monitoring_handlers.hpp"
#include "http/handlers/observation_handlers.hpp"
#include "http/handlers/offset_handlers.hpp"
#include "http/handlers/order_handlers.hpp"
#include "http/handlers/tenant_handlers.hpp"

namespace kfs {

std::vector<route> make_routes(application_context& context) {
  using handler_of_context = void (*)(application_context&, const exchange_ptr&);
  const auto with_context = [&context](handler_of_context handle) -> request_handler {
    return [&context, handle](const exchange_ptr& exchanged) { handle(context, exchanged); };
  };
  std::vector<route> all{
      {"GET", "/", with_context(index)},
      {"GET", "/consumers", with_context(list_consumers)},
      {"POST", "/consumers", with_context(create_consumer)},
      {"GET", "/consumers/{consumer_id}", with_context(get_consumer)},
      {"PUT", "/consumers/{consumer_id}", with_context(update_consumer)},
      {"DELETE", "/consumers/{consumer_id}", with_context(delete_consumer)},
      {"GET", "/consumers/{consumer_id}/status", with_context(get_consumer_status)},
      {"GET", "/consumers/{consumer_id}/events", with_context(get_consumer_events)},
      {"GET", "/consumers/{consumer_id}/lag", with_context(consumer_lag)},
      {"GET", "/consumers/{consumer_id}/history", with_context(consumer_history)},
      {"PUT", "/consumers/{consumer_id}/offsets", with_context(put_offsets)},
      {"POST", "/consumers/{consumer_id}/start", with_context(start_consumer)},
      {"POST", "/consumers/{consumer_id}/stop", with_context(stop_consumer)},
      {"POST", "/consumers/{consumer_id}/pause", with_context(pause_consumer)},
      {"POST", "/consumers/{consumer_id}/resume", with_context(resume_consumer)},
      {"POST", "/consumers/{consumer_id}/restart", with_context(restart_consumer)},
      {"POST", "/pause", with_context(pause_consumers)},
      {"POST", "/resume", with_context(resume_consumers)},
      {"GET", "/consumergroups", with_context(list_groups)},
      {"GET", "/consumergroups/{group_id}", with_context(describe_group)},
      {"GET", "/consumergroups/{group_id}/offsets", with_context(group_offsets)},
      {"GET", "/consumergroups/{group_id}/lag", with_context(group_lag)},
      {"GET", "/monitor/consumer-group-offsets", with_context(monitor_offsets)},
      {"GET", "/monitor/consumer-group-lag", with_context(monitor_lag)},
      {"GET", "/cluster", with_context(get_cluster)},
      {"POST", "/cluster/replicas/{replica}/drain", with_context(drain_replica)},
      {"POST", "/cluster/replicas/{replica}/resume", with_context(resume_replica)},
      {"POST", "/cluster/replicas/{replica}/evict", with_context(evict_replica)},
      {"GET", "/whoami", with_context(whoami)},
      {"POST", "/access/check", with_context(check_access)},
      {"GET", "/api-keys", with_context(list_api_keys)},
      {"POST", "/api-keys", with_context(create_api_key)},
      {"DELETE", "/api-keys/{key_id}", with_context(delete_api_key)},
      {"GET", "/tenants", with_context(list_tenants)},
      {"GET", "/tenants/{tenant}", with_context(get_tenant)},
      {"PUT", "/tenants/{tenant}", with_context(put_tenant)},
      {"DELETE", "/tenants/{tenant}", with_context(delete_tenant)},
      {"GET", "/audit", with_context(list_audit)},
      {"GET", "/processor-types", with_context(processor_types)},
      {"GET", "/health", with_context(health)},
      {"GET", "/health/live", with_context(liveness)},
      {"GET", "/livez", with_context(liveness)},
      {"GET", "/healthz", with_context(liveness)},
      {"GET", "/health/ready", with_context(readiness)},
      {"GET", "/readyz", with_context(readiness)},
      {"GET", "/metrics", with_context(metrics_exposition)},
      {"GET", "/openapi.json", with_context(openapi_document)},
      {"GET", "/docs", with_context(docs_index)},
      {"GET", "/docs/{file}", with_context(docs_file)},
  };
  for (auto& each : all) {
    each.access = access_of(each.method, each.path_template);
    // A route without a rule would be open to all, or to nobody.
    if (each.access == nullptr) {
      throw std::logic_error("the route " + each.method + " " + each.path_template + " has no access rule");
    }
  }
  return all;
}

}  // namespace kfs
