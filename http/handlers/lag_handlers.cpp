#include "http/handlers/lag_handlers.hpp"

#include <algorithm>

#include "config/consumers/kafka_names.hpp"
#include "http/auth/guard.hpp"
#include "http/dto/lag_dto.hpp"
#include "http/handlers/asked_clusters.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/handlers/permitted_groups.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/query_parameters.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

/// The time that the cluster has, so that an answer comes within five seconds.
constexpr std::chrono::milliseconds cluster_bound = 4'500ms;

std::chrono::steady_clock::time_point deadline_for_cluster() {
  return std::chrono::steady_clock::now() + cluster_bound;
}

void ask_lag(application_context& context, const exchange_ptr& exchanged, lag_question question,
             std::function<void(const lag_report&)> go_on) {
  context.bridge.ask<lag_report_ptr>(
      context.environment.lag, exchanged->request.deadline,
      [exchanged, go_on = std::move(go_on)](const result<lag_report_ptr>& report) {
        if (!report) return exchanged->respond.answer(to_response(report.error()));
        go_on(**report);
      },
      lag_atom::value, std::move(question));
}

void ask_group_lag(application_context& context, const exchange_ptr& exchanged, const std::string& group,
                   const std::optional<std::string>& topic, const asked_cluster& cluster,
                   const std::vector<consumer_view_ptr>& all) {
  lag_question question{.cluster = cluster,
                        .query = {.group = group, .topic = topic, .deadline = deadline_for_cluster()},
                        .consumers = {}};
  for (const auto& view : visible_to(exchanged, all))
    if (is_in_group(*view->spec, group, cluster.bootstrap_servers)) question.consumers.push_back(view);
  ask_lag(context, exchanged, std::move(question), [exchanged, group, topic](const lag_report& report) {
    if (report.topics.empty())
      return exchanged->respond.answer(
          to_response(nothing_committed(group, topic ? " on topic '" + *topic + "'" : std::string())));
    exchanged->respond.answer(ok(group_lag_dto(group, report)));
  });
}

}  // namespace

void consumer_lag(application_context& context, const exchange_ptr& exchanged) {
  with_observed_consumer(
      context, exchanged, permission::consumers_view, [&context, exchanged](const consumer_view& view) {
        const auto observed = std::make_shared<const consumer_view>(view);
        with_cluster_of(context, exchanged, view.spec, [&context, exchanged, observed](const asked_cluster& cluster) {
          const auto& spec = *observed->spec;
          lag_question question{.cluster = cluster,
                                .query = {.group = spec.consumer_group,
                                          .topic = spec.topic,
                                          .topic_is_known = true,
                                          .deadline = deadline_for_cluster()},
                                .consumers = {observed}};
          ask_lag(context, exchanged, std::move(question), [exchanged, observed](const lag_report& report) {
            exchanged->respond.answer(ok(consumer_lag_dto(*observed, report)));
          });
        });
      });
}

void consumer_history(application_context& context, const exchange_ptr& exchanged) {
  with_permitted_consumer(context, exchanged, permission::consumers_view,
                          [&context, exchanged](const consumer_view& view) {
                            context.bridge.ask<history_steps_ptr>(
                                context.environment.lag, exchanged->request.deadline,
                                [exchanged, id = view.spec->id](const result<history_steps_ptr>& seen) {
                                  if (!seen) return exchanged->respond.answer(to_response(seen.error()));
                                  exchanged->respond.answer(ok(history_dto(id, **seen)));
                                },
                                history_atom::value, view.spec);
                          });
}

void group_lag(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto topic = query.text("topic");
  if (const auto wrong = topic ? wrong_topic(*topic) : std::nullopt)
    query.add_mistake("topic", "value_error", "Value error, " + *wrong);
  const auto named = read_cluster(context, query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  const auto group = exchanged->request.parameters.front();
  if (wrong_group(group)) return exchanged->respond.answer(to_response(nothing_committed(group, "")));
  with_permitted_group(
      context, exchanged, group, named, [&context, exchanged, group, topic](const asked_cluster& cluster) {
        with_all_consumers(context, exchanged,
                           [&context, exchanged, group, topic, cluster](const std::vector<consumer_view_ptr>& all) {
                             ask_group_lag(context, exchanged, group, topic, cluster, all);
                           });
      });
}

}  // namespace kfs
