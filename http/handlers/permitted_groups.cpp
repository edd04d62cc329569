#include "http/handlers/permitted_groups.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/base/endpoint.hpp"
#include "config/base/text.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/handlers/asked_clusters.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/message/error_mapping.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_told_name = 128;
constexpr std::string_view servers_parameter = "bootstrap_servers";
constexpr std::string_view consumer_parameter = "consumer_id";

void check_servers(const application_context& context, query_parameters& query, const std::string& given) {
  const auto places = parse_endpoints(given);
  if (!places) return query.add_mistake(servers_parameter, "value_error", "Value error, " + places.error().message);
  for (const auto& place : *places) {
    const auto allowed = context.environment.configured.kafka_allowed_brokers.check_host(place.host);
    if (!allowed) query.add_mistake(servers_parameter, "value_error", "Value error, " + allowed.error().message);
  }
}

/// The cluster in which the caller may see that group: that of a consumer, with its credentials, or the one named.
/// Neither where the caller may not see the group.
struct permitted_cluster {
  consumer_spec_ptr of = nullptr;
  std::optional<std::string> servers = {};
};

permitted_cluster cluster_for(const exchange_ptr& exchanged, const std::vector<consumer_view_ptr>& visible,
                              const std::string& group, const named_cluster& named) {
  const bool every_group = may_whole(exchanged, permission::groups_view);
  if (named.of_consumer) {
    const auto view = find_consumer(visible, *named.of_consumer);
    return view && (every_group || view->spec->consumer_group == group) ? permitted_cluster{.of = view->spec}
                                                                        : permitted_cluster{};
  }
  for (const auto& view : visible) {
    if (view->spec->consumer_group != group) continue;
    if (!named.names_servers) return {.of = view->spec};
    if (names_only_servers_of(named.servers, view->spec->bootstrap_servers())) return {.servers = named.servers};
  }
  return every_group ? permitted_cluster{.servers = named.servers} : permitted_cluster{};
}

}  // namespace

named_cluster read_cluster(const application_context& context, query_parameters& query) {
  const auto servers = query.text(servers_parameter);
  const auto consumer = query.text(consumer_parameter);
  named_cluster named{.servers = servers.value_or(context.environment.configured.kafka_bootstrap_servers),
                      .names_servers = servers.has_value(),
                      .of_consumer = std::nullopt};
  if (consumer) named.of_consumer = consumer_id{lower_case(*consumer)};
  if (consumer && !is_uuid(named.of_consumer->value))
    query.add_mistake(consumer_parameter, "value_error", "Value error, it should be the id of a consumer (a UUID)");
  if (servers && consumer)
    query.add_mistake(consumer_parameter, "value_error",
                      "Value error, name either consumer_id or bootstrap_servers, not both");
  if (servers) check_servers(context, query, *servers);
  return named;
}

consumer_view_ptr find_consumer(const std::vector<consumer_view_ptr>& consumers, const consumer_id& id) {
  const auto found = std::ranges::find_if(consumers, [&](const auto& view) { return view->spec->id == id; });
  return found == consumers.end() ? nullptr : *found;
}

http_response no_consumer(const exchange& exchanged, const consumer_id& id) {
  exchanged.access->miss();
  return to_response(error{ec::not_found, fmt::format("Consumer '{}' not found", id.value)});
}

error nothing_committed(const std::string& group, const std::string& where) {
  return {ec::not_found, fmt::format("Consumer group '{}' not found or no offsets committed{}.",
                                     shortened(group, longest_told_name), where)};
}

void with_permitted_group(application_context& context, const exchange_ptr& exchanged, const std::string& group,
                          named_cluster named, std::function<void(const asked_cluster&)> go_on) {
  with_all_consumers(context, exchanged,
                     [&context, exchanged, group, named = std::move(named),
                      go_on = std::move(go_on)](const std::vector<consumer_view_ptr>& all) {
                       const auto cluster = cluster_for(exchanged, visible_to(exchanged, all), group, named);
                       if (cluster.of) return with_cluster_of(context, exchanged, cluster.of, go_on);
                       if (cluster.servers) return go_on({*cluster.servers});
                       if (named.of_consumer && !find_consumer(visible_to(exchanged, all), *named.of_consumer))
                         return exchanged->respond.answer(no_consumer(*exchanged, *named.of_consumer));
                       exchanged->access->deny();
                       exchanged->respond.answer(to_response(nothing_committed(group, "")));
                     });
}

}  // namespace kfs
