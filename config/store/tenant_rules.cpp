#include "config/store/tenant_rules.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "config/base/endpoint.hpp"
#include "config/base/text.hpp"
#include "config/store/access_json.hpp"
#include "config/store/spec_json.hpp"

namespace kfs {
namespace {

/// Two spellings of one address are one server. Two names of one are not known to be.
std::string normal(const endpoint& place) {
  auto host = canonical_host(place.host);
  if (host == "localhost") host = "127.0.0.1";  // as rows say that are there already
  return to_string(endpoint{std::move(host), place.port});
}

/// The option of that name; null where it is absent.
const json& option_of(const json& options, const char* name) {
  static const json absent;
  const auto found = options.find(name);
  return found == options.end() ? absent : *found;
}

void add_servers(const json& list, std::set<std::string>& into) {
  if (!list.is_string()) return;
  const auto places = parse_endpoints(list.get_ref<const std::string&>());
  if (!places) return;
  for (const auto& place : *places) into.insert(normal(place));
}

result<void> check(const tenant& limited, const std::string& name, std::int64_t before, std::int64_t after,
                   const std::optional<std::int64_t>& most) {
  if (!most || after <= *most || after <= before) return {};
  return failure(ec::quota_exceeded, "quota_exceeded: the tenant \"" + limited.name + "\" may have " +
                                         std::to_string(*most) + " " + name + " (quota \"" + name + "\") and has " +
                                         std::to_string(before) + "; this would make " + std::to_string(after) +
                                         ". Delete what is not needed, or ask for a higher quota");
}

}  // namespace

consumer_footprint footprint_of(const consumer_spec& spec) {
  std::set<std::string> servers{normal({spec.broker_ip, spec.broker_port})};
  add_servers(option_of(option_of(spec.options, "kafka"), "bootstrap_servers"), servers);
  consumer_footprint made;
  if (const auto& instances = option_of(spec.options, "instances"); instances.is_number_integer())
    made.instances = instances.get<std::int64_t>();
  made.group = to_stored_ascii(spec.consumer_group);
  for (const auto& server : servers) made.servers += (made.servers.empty() ? "" : ",") + server;
  return made;
}

consumer_footprint footprint_of_stored(const std::string& text) {
  try {
    return footprint_of(from_stored_text(text));
  } catch (const json::exception&) {
    return {};
  }
}

bool share_a_server(const std::string& servers, const std::string& others) {
  const auto named = split_list(servers);
  return std::ranges::any_of(split_list(others), [&named](const std::string& server) {
    return !server.empty() && std::ranges::find(named, server) != named.end();
  });
}

result<void> check_quotas(const tenant& limited, const tenant_usage& before, const tenant_usage& after) {
  const auto& most = limited.quotas;
  if (auto fits = check(limited, "consumers", before.consumers, after.consumers, most.consumers); !fits) return fits;
  return check(limited, "instances", before.instances, after.instances, most.instances);
}

error unknown_tenant(const std::string& name) {
  return {ec::cannot_apply, "the tenant \"" + name + "\" does not exist; make it with PUT /tenants/" + name};
}

error group_of_another_tenant(const std::string& group) {
  return {ec::cannot_apply, "the consumer group \"" + group +
                                "\" of this cluster is used by a consumer of another tenant; choose another group"};
}

error tenant_in_use(const std::string& name, std::int64_t consumers) {
  return {ec::cannot_apply, "the tenant \"" + name + "\" has " + std::to_string(consumers) +
                                (consumers == 1 ? " consumer" : " consumers") + "; delete them first"};
}

}  // namespace kfs
