#include "http/handlers/asked_clusters.hpp"

#include <algorithm>

#include "config/base/endpoint.hpp"
#include "config/base/text.hpp"
#include "config/consumers/options_schema.hpp"
#include "http/message/error_mapping.hpp"

namespace kfs {
namespace {

bool has_secrets(const consumer_spec& spec) {
  bool found = false;
  auto options = spec.options;
  consumer_options_schema().visit_secrets(
      options, json::json_pointer(), [&found](const place_of_secret& place) { found = found || place.holds_secret(); });
  return found;
}

}  // namespace

bool names_only_servers_of(const std::string& servers, const std::string& others) {
  const auto named = parse_endpoints(servers);
  const auto known = parse_endpoints(others);
  if (!named || !known) return false;
  return std::ranges::all_of(*named, [&](const endpoint& one) {
    return std::ranges::any_of(*known, [&](const endpoint& other) {
      return lower_case(one.host) == lower_case(other.host) && one.port == other.port;
    });
  });
}

bool is_in_group(const consumer_spec& spec, const std::string& group, const std::string& servers) {
  const auto own = spec.bootstrap_servers();
  return spec.consumer_group == group && (names_only_servers_of(servers, own) || names_only_servers_of(own, servers));
}

void with_cluster_of(application_context& context, const exchange_ptr& exchanged, const consumer_spec_ptr& shown,
                     std::function<void(const asked_cluster&)> go_on) {
  if (!has_secrets(*shown)) return go_on({shown->bootstrap_servers(), shown});
  context.bridge.ask<stored_consumer>(
      context.environment.access.store, exchanged->request.deadline,
      [exchanged, go_on = std::move(go_on)](const result<stored_consumer>& stored) {
        if (!stored) return exchanged->respond.answer(to_response(stored.error()));
        if (!stored->wanted) return exchanged->respond.answer(consumer_error(*exchanged, {ec::not_found, {}}));
        const auto complete = std::make_shared<const consumer_spec>(stored->wanted->spec);
        go_on({complete->bootstrap_servers(), complete});
      },
      get_atom::value, shown->id);
}

}  // namespace kfs
