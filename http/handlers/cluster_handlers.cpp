#include "http/handlers/cluster_handlers.hpp"

#include <fmt/format.h>

#include "config/base/text.hpp"
#include "http/dto/cluster_dto.hpp"
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

/// Gives an order about the replica in the path. `accepted_text` says what happens now, with {} for its name.
template <class Order>
void order(application_context& context, const exchange_ptr& exchanged, Order given, const char* accepted_text) {
  const auto& name = exchanged->request.parameters.front();
  if (!is_replica_name(name)) return exchanged->respond.answer(replica_error(name, {ec::not_found, {}}));
  context.bridge.ask<done>(
      context.environment.cluster, exchanged->request.deadline,
      [exchanged, name, accepted_text](const result<done>& outcome) {
        exchanged->respond.answer(outcome ? accepted(fmt::format(fmt::runtime(accepted_text), name))
                                          : replica_error(name, outcome.error()));
      },
      given, replica_id{name});
}

}  // namespace

void get_cluster(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const auto wanted = read_page(query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  context.bridge.ask<cluster_view_ptr>(
      context.environment.cluster, exchanged->request.deadline,
      [exchanged, wanted](const result<cluster_view_ptr>& found) {
        exchanged->respond.answer(found ? shown(**found, wanted) : to_response(found.error()));
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
