#include "http/handlers/cluster_handlers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/base/text.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/dto/cluster_dto.hpp"
#include "http/handlers/audited_attempt.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/handlers/page.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/query_parameters.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_named_replica = 255;

http_response shown(const cluster_view& cluster, const page& wanted) {
  auto response = ok(cluster_dto(cluster, wanted.limit, wanted.offset));
  response.headers.emplace_back("X-Total-Count", std::to_string(cluster.assignments.size()));
  return response;
}

http_response replica_error(const std::string& name, const error& reason) {
  if (reason.code != ec::not_found) return to_response(reason);
  return to_response(error{reason.code, fmt::format("Replica {} not found", shortened(name, longest_named_replica))});
}

/// The cluster as a caller sees it who sees only these consumers: their instances, and of each replica how many of them
/// it runs.
cluster_view narrowed(cluster_view cluster, const std::vector<consumer_view_ptr>& visible) {
  std::set<std::string, std::less<>> ids;
  for (const auto& view : visible) ids.insert(view->spec->id.value);
  const auto is_hidden = [&ids](const auto& placed) { return !ids.contains(placed.instance.consumer.value); };
  std::erase_if(cluster.assignments, is_hidden);
  std::erase_if(cluster.unassigned, is_hidden);
  for (auto& replica : cluster.replicas) {
    replica.instances = static_cast<decltype(replica.instances)>(std::ranges::count(
        cluster.assignments, replica.replica, [](const assignment_view& placed) { return placed.replica; }));
  }
  return cluster;
}

/// Gives an order about the replica in the path, once the audit says that it is tried. `accepted_text` says what
/// happens now, with {} for the replica's name.
template <class Order>
void order(application_context& context, const exchange_ptr& exchanged, Order given, const char* accepted_text) {
  if (!permit_whole(exchanged, permission::cluster_operate)) return;
  const auto& name = exchanged->request.parameters.front();
  if (!is_replica_name(name)) return exchanged->respond.answer(replica_error(name, {ec::not_found, {}}));
  with_audited_attempt(context, exchanged,
                       [&context, exchanged, name, given, accepted_text](const attempt_outcome& end) {
                         context.bridge.ask<done>(
                             context.environment.cluster, exchanged->request.deadline,
                             [name, accepted_text, end](const result<done>& outcome) {
                               end(outcome ? accepted(fmt::format(fmt::runtime(accepted_text), name))
                                           : replica_error(name, outcome.error()),
                                   outcome.has_value());
                             },
                             given, replica_id{name});
                       });
}

}  // namespace

void get_cluster(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto wanted = read_page(query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  context.bridge.ask<cluster_view_ptr>(
      context.environment.cluster, exchanged->request.deadline,
      [&context, exchanged, wanted](const result<cluster_view_ptr>& found) {
        if (!found) return exchanged->respond.answer(to_response(found.error()));
        if (may_whole(exchanged, permission::cluster_view)) return exchanged->respond.answer(shown(**found, wanted));
        with_all_consumers(
            context, exchanged, [exchanged, wanted, cluster = *found](const std::vector<consumer_view_ptr>& consumers) {
              exchanged->respond.answer(
                  shown(narrowed(*cluster, visible_to(exchanged, consumers, permission::cluster_view)), wanted));
            });
      },
      get_atom::value);
}

void drain_replica(application_context& context, const exchange_ptr& exchanged) {
  order(context, exchanged, drain_atom::value, "Replica {} gives its consumers to others and takes none until resumed");
}

void resume_replica(application_context& context, const exchange_ptr& exchanged) {
  order(context, exchanged, resume_atom::value, "Replica {} takes consumers");
}

void evict_replica(application_context& context, const exchange_ptr& exchanged) {
  order(context, exchanged, evict_atom::value, "The consumers of replica {} are taken away from it");
}

}  // namespace kfs
