#include "http/handlers/monitoring_handlers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/base/text.hpp"
#include "config/consumers/kafka_names.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/dto/monitoring_dto.hpp"
#include "http/handlers/asked_clusters.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/handlers/permitted_groups.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/query_parameters.hpp"
#include "http/message/uri.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_group = 1'020;  ///< bytes of 255 characters
constexpr std::size_t longest_named_group = 128;

/// The group that the query names. librdkafka would end the process, or ask about another group, for names that no
/// group can have.
std::string read_group(query_parameters& query) {
  constexpr std::string_view name = "group_id";
  auto group = query.required_text(name, longest_group);
  const bool plausible = !group.empty() && group.size() <= longest_group;
  if (const auto wrong = wrong_group(group); plausible && wrong)
    query.add_mistake(name, "value_error", "Value error, " + *wrong);
  return group;
}

error no_group(const std::string& group) {
  return {ec::not_found, fmt::format("Consumer group '{}' not found.", shortened(group, longest_named_group))};
}

/// Asks what a group has committed and answers with what `shape` makes of it.
void ask_offsets(application_context& context, const exchange_ptr& exchanged, const asked_cluster& cluster,
                 const std::string& group, json (*shape)(const std::string&, const std::vector<committed_offset>&)) {
  context.bridge.ask<committed_offsets>(
      context.environment.admin, exchanged->request.deadline,
      [exchanged, group, shape](const result<committed_offsets>& found) {
        if (!found) return exchanged->respond.answer(to_response(found.error()));
        if ((*found)->empty()) return exchanged->respond.answer(to_response(nothing_committed(group, "")));
        exchanged->respond.answer(ok(shape(group, **found)));
      },
      offsets_atom::value, cluster, group);
}

void list_cluster_groups(application_context& context, const exchange_ptr& exchanged, const asked_cluster& cluster) {
  context.bridge.ask<group_names>(
      context.environment.admin, exchanged->request.deadline,
      [exchanged](const result<group_names>& found) {
        exchanged->respond.answer(found ? ok(groups_dto((*found)->names)) : to_response(found.error()));
      },
      groups_atom::value, cluster);
}

/// The groups of the consumers that the caller may see.
void list_own_groups(application_context& context, const exchange_ptr& exchanged,
                     const std::optional<consumer_id>& named) {
  with_all_consumers(context, exchanged, [exchanged, named](const std::vector<consumer_view_ptr>& all) {
    const auto visible = visible_to(exchanged, all);
    if (named && !find_consumer(visible, *named)) return exchanged->respond.answer(no_consumer(*exchanged, *named));
    exchanged->respond.answer(ok(groups_dto(groups_of(visible))));
  });
}

}  // namespace

void list_groups(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const bool all = query.boolean("all_groups").value_or(false);
  const auto named = read_cluster(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  if (!all) return list_own_groups(context, exchanged, named.of_consumer);
  if (!permit_whole(exchanged, permission::groups_view)) return;
  if (!named.of_consumer) return list_cluster_groups(context, exchanged, {named.servers});
  with_all_consumers(
      context, exchanged, [&context, exchanged, id = *named.of_consumer](const std::vector<consumer_view_ptr>& known) {
        const auto view = find_consumer(visible_to(exchanged, known), id);
        if (!view) return exchanged->respond.answer(no_consumer(*exchanged, id));
        with_cluster_of(context, exchanged, view->spec, [&context, exchanged](const asked_cluster& cluster) {
          list_cluster_groups(context, exchanged, cluster);
        });
      });
}

void describe_group(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto named = read_cluster(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  const auto group = exchanged->request.parameters.front();
  if (wrong_group(group)) return exchanged->respond.answer(to_response(no_group(group)));
  with_permitted_group(context, exchanged, group, named, [&context, exchanged, group](const asked_cluster& cluster) {
    context.bridge.ask<group_description_ptr>(
        context.environment.admin, exchanged->request.deadline,
        [&context, exchanged, group, servers = cluster.bootstrap_servers](const result<group_description_ptr>& found) {
          if (!found && found.error().code == ec::not_found)
            return exchanged->respond.answer(to_response(no_group(group)));
          if (!found) return exchanged->respond.answer(to_response(found.error()));
          with_all_consumers(
              context, exchanged,
              [exchanged, group, servers, described = *found](const std::vector<consumer_view_ptr>& all) {
                std::vector<consumer_id> own;
                for (const auto& view : visible_to(exchanged, all))
                  if (is_in_group(*view->spec, group, servers)) own.push_back(view->spec->id);
                exchanged->respond.answer(ok(group_dto(group, *described, own)));
              });
        },
        describe_atom::value, cluster, group);
  });
}

void group_offsets(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto named = read_cluster(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  const auto group = exchanged->request.parameters.front();
  if (wrong_group(group)) return exchanged->respond.answer(to_response(nothing_committed(group, "")));
  with_permitted_group(context, exchanged, group, named, [&context, exchanged, group](const asked_cluster& cluster) {
    ask_offsets(context, exchanged, cluster, group, group_offsets_dto);
  });
}

void monitor_offsets(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto group = read_group(query);
  const auto named = read_cluster(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  with_permitted_group(context, exchanged, group, named, [&context, exchanged, group](const asked_cluster& cluster) {
    ask_offsets(context, exchanged, cluster, group, [](const std::string&, const std::vector<committed_offset>& found) {
      return offsets_by_topic_dto(found);
    });
  });
}

void monitor_lag(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto group = read_group(query);
  const auto topic = query.required_text("topic", longest_topic);
  const bool plausible = !topic.empty() && topic.size() <= longest_topic;
  if (const auto wrong = wrong_topic(topic); plausible && wrong) {
    query.add_mistake("topic", "value_error", "Value error, " + *wrong);
  }
  const auto named = read_cluster(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  with_permitted_group(
      context, exchanged, group, named, [&context, exchanged, group, topic](const asked_cluster& cluster) {
        context.bridge.ask<partition_lags>(
            context.environment.admin, exchanged->request.deadline,
            [exchanged, group, topic](const result<partition_lags>& found) {
              if (!found) return exchanged->respond.answer(to_response(found.error()));
              if ((*found)->empty()) {
                return exchanged->respond.answer(to_response(nothing_committed(group, " on topic '" + topic + "'")));
              }
              exchanged->respond.answer(ok(lag_dto(**found)));
            },
            lag_atom::value, cluster, group, topic);
      });
}

}  // namespace kfs
