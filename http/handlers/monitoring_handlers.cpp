#include "http/handlers/monitoring_handlers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/base/endpoint.hpp"
#include "config/base/text.hpp"
#include "config/consumers/kafka_names.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/dto/monitoring_dto.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/query_parameters.hpp"
#include "http/message/uri.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_group = 1'020;  ///< bytes of 255 characters
constexpr std::size_t longest_named_group = 128;

constexpr std::string_view servers_parameter = "bootstrap_servers";

bool names_servers(const query_parameters& query) {
  return query.text(servers_parameter).has_value();
}

/// The cluster that the request names, or the one of the settings.
std::string read_bootstrap_servers(const application_context& context, query_parameters& query) {
  constexpr auto name = servers_parameter;
  auto given = query.text(name);
  if (!given) return context.environment.configured.kafka_bootstrap_servers;
  const auto places = parse_endpoints(*given);
  if (!places) {
    query.add_mistake(name, "value_error", "Value error, " + places.error().message);
    return {};
  }
  for (const auto& place : *places) {
    const auto allowed = context.environment.configured.kafka_allowed_brokers.check_host(place.host);
    if (!allowed) query.add_mistake(name, "value_error", "Value error, " + allowed.error().message);
  }
  return *given;
}

error no_group(const std::string& group) {
  return {ec::not_found, fmt::format("Consumer group '{}' not found.", shortened(group, longest_named_group))};
}

error nothing_committed(const std::string& group, const std::string& where) {
  return {ec::not_found, fmt::format("Consumer group '{}' not found or no offsets committed{}.",
                                     shortened(group, longest_named_group), where)};
}

/// Asks what a group has committed and answers with what `shape` makes of it.
void ask_offsets(application_context& context, const exchange_ptr& exchanged, const std::string& servers,
                 const std::string& group, json (*shape)(const std::string&, const std::vector<committed_offset>&)) {
  context.bridge.ask<committed_offsets>(
      context.environment.admin, exchanged->request.deadline,
      [exchanged, group, shape](const result<committed_offsets>& found) {
        if (!found) return exchanged->respond.answer(to_response(found.error()));
        if ((*found)->empty()) return exchanged->respond.answer(to_response(nothing_committed(group, "")));
        exchanged->respond.answer(ok(shape(group, **found)));
      },
      offsets_atom::value, servers, group);
}

void list_cluster_groups(application_context& context, const exchange_ptr& exchanged, const std::string& servers) {
  context.bridge.ask<group_names>(
      context.environment.admin, exchanged->request.deadline,
      [exchanged](const result<group_names>& found) {
        exchanged->respond.answer(found ? ok(groups_dto((*found)->names)) : to_response(found.error()));
      },
      groups_atom::value, servers);
}

/// The groups of the consumers that the caller may see.
void list_own_groups(application_context& context, const exchange_ptr& exchanged) {
  with_all_consumers(context, exchanged, [exchanged](const std::vector<consumer_view_ptr>& all) {
    exchanged->respond.answer(ok(groups_dto(groups_of(visible_to(exchanged, all)))));
  });
}

/// Whether every server of a list is one of the others. Names of hosts are compared without case.
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

/// What a request wants to know of a group.
struct group_question {
  std::string group;
  std::string servers;             ///< of the cluster that is asked
  bool names_its_cluster = false;  ///< the request names the servers itself
};

/// Goes on with the question where the caller may see every group, or sees a consumer that is in this one; its cluster
/// is asked then, unless the request names one. Else it answers as if the group did not exist.
void with_permitted_group(application_context& context, const exchange_ptr& exchanged, group_question question,
                          std::function<void(const group_question&)> go_on) {
  if (may_whole(exchanged, permission::groups_view)) return go_on(question);
  with_all_consumers(
      context, exchanged,
      [exchanged, question = std::move(question), go_on = std::move(go_on)](const std::vector<consumer_view_ptr>& all) {
        for (const auto& view : visible_to(exchanged, all)) {
          if (view->spec->consumer_group != question.group) continue;
          auto asked = question;
          if (!question.names_its_cluster) asked.servers = view->spec->bootstrap_servers();
          if (names_only_servers_of(asked.servers, view->spec->bootstrap_servers())) return go_on(asked);
        }
        exchanged->access->deny();
        exchanged->respond.answer(to_response(nothing_committed(question.group, "")));
      });
}

/// Whether the consumer is in that group of that cluster, as far as the names of its servers tell.
bool is_in(const group_question& asked, const consumer_spec& spec) {
  const auto own = spec.bootstrap_servers();
  return spec.consumer_group == asked.group &&
         (names_only_servers_of(asked.servers, own) || names_only_servers_of(own, asked.servers));
}

}  // namespace

void list_groups(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const bool all = query.boolean("all_groups").value_or(false);
  const auto servers = read_bootstrap_servers(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  if (!all) return list_own_groups(context, exchanged);
  if (permit_whole(exchanged, permission::groups_view)) list_cluster_groups(context, exchanged, servers);
}

void describe_group(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto servers = read_bootstrap_servers(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  const auto& group = exchanged->request.parameters.front();
  if (wrong_group(group)) return exchanged->respond.answer(to_response(no_group(group)));
  with_permitted_group(
      context, exchanged, {group, servers, names_servers(query)}, [&context, exchanged](const group_question& asked) {
        context.bridge.ask<group_description_ptr>(
            context.environment.admin, exchanged->request.deadline,
            [&context, exchanged, asked](const result<group_description_ptr>& found) {
              if (!found && found.error().code == ec::not_found)
                return exchanged->respond.answer(to_response(no_group(asked.group)));
              if (!found) return exchanged->respond.answer(to_response(found.error()));
              with_all_consumers(context, exchanged,
                                 [exchanged, asked, group = *found](const std::vector<consumer_view_ptr>& all) {
                                   std::vector<consumer_id> own;
                                   for (const auto& view : visible_to(exchanged, all))
                                     if (is_in(asked, *view->spec)) own.push_back(view->spec->id);
                                   exchanged->respond.answer(ok(group_dto(asked.group, *group, own)));
                                 });
            },
            describe_atom::value, asked.servers, asked.group);
      });
}

void group_offsets(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto servers = read_bootstrap_servers(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  const auto& group = exchanged->request.parameters.front();
  if (wrong_group(group)) return exchanged->respond.answer(to_response(nothing_committed(group, "")));
  with_permitted_group(context, exchanged, {group, servers, names_servers(query)},
                       [&context, exchanged](const group_question& asked) {
                         ask_offsets(context, exchanged, asked.servers, asked.group, group_offsets_dto);
                       });
}

void monitor_offsets(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto group = query.required_text("group_id", longest_group);
  const auto servers = read_bootstrap_servers(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  with_permitted_group(
      context, exchanged, {group, servers, names_servers(query)}, [&context, exchanged](const group_question& asked) {
        ask_offsets(
            context, exchanged, asked.servers, asked.group,
            [](const std::string&, const std::vector<committed_offset>& found) { return offsets_by_topic_dto(found); });
      });
}

void monitor_lag(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto group = query.required_text("group_id", longest_group);
  const auto topic = query.required_text("topic", longest_topic);
  const bool plausible = !topic.empty() && topic.size() <= longest_topic;
  if (const auto wrong = wrong_topic(topic); plausible && wrong) {
    query.add_mistake("topic", "value_error", "Value error, " + *wrong);
  }
  const auto servers = read_bootstrap_servers(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  with_permitted_group(
      context, exchanged, {group, servers, names_servers(query)},
      [&context, exchanged, topic](const group_question& asked) {
        context.bridge.ask<partition_lags>(
            context.environment.admin, exchanged->request.deadline,
            [exchanged, group = asked.group, topic](const result<partition_lags>& found) {
              if (!found) return exchanged->respond.answer(to_response(found.error()));
              if ((*found)->empty()) {
                return exchanged->respond.answer(to_response(nothing_committed(group, " on topic '" + topic + "'")));
              }
              exchanged->respond.answer(ok(lag_dto(**found)));
            },
            lag_atom::value, asked.servers, asked.group, topic);
      });
}

}  // namespace kfs
