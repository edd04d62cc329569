#include "http/handlers/offset_handlers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "actors/status_names.hpp"
#include "http/auth/guard.hpp"
#include "http/dto/offset_dto.hpp"
#include "http/handlers/asked_clusters.hpp"
#include "http/handlers/audited_attempt.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/json_body.hpp"
#include "http/message/query_parameters.hpp"

namespace kfs {
namespace {

/// A request to change offsets, for a consumer that does not run.
struct wanted_offsets {
  consumer_spec_ptr of;  ///< with masked secrets
  offset_order order;
  std::vector<consumer_id> shared_with = {};  ///< that the caller may see
};

offset_order order_of(const consumer_spec& spec, offset_change change, bool dry_run) {
  const auto options = typed_options(spec.options);
  return {.group = spec.consumer_group,
          .topic = spec.topic,
          .change = std::move(change),
          .allowed = options.partitions,
          .begins_at_end = options.auto_offset_reset == "latest",
          .dry_run = dry_run};
}

/// Why the offsets of this consumer cannot be changed now.
error still_runs(const consumer_view& view) {
  return {ec::cannot_apply,
          fmt::format("Consumer {} is {}: stop it first, then change the offsets of its group, and start it again",
                      view.spec->id.value, to_string(view.status))};
}

/// The same for another one of its group, which the caller may not see.
error other_runs() {
  return {ec::cannot_apply, "Another consumer of this group runs: stop it first"};
}

http_response answered(const exchange& exchanged, const wanted_offsets& wanted, const result<offset_steps>& outcome) {
  if (!outcome) return consumer_error(exchanged, outcome.error());
  return ok(offset_steps_dto(**outcome, !wanted.order.dry_run, wanted.shared_with));
}

/// A consumer with options.partitions is no member of its group, so Kafka does not refuse the change when it has been
/// started meanwhile. It would begin at the old offsets and commit them.
void end_if_still_stopped(application_context& context, const exchange_ptr& exchanged, const wanted_offsets& wanted,
                          const result<offset_steps>& outcome, const attempt_outcome& end) {
  context.bridge.ask<stored_consumer>(
      context.environment.access.store, exchanged->request.deadline,
      [exchanged, wanted, outcome, end](const result<stored_consumer>& now) {
        if (!now) return end(to_response(now.error()), false);
        if (now->wanted && now->wanted->spec.target == target_state::stopped)
          return end(answered(*exchanged, wanted, outcome), true);
        end(to_response(
                error{ec::cannot_apply,
                      "The consumer was started meanwhile, and may not follow the change: stop it, and change its "
                      "offsets again"}),
            false);
      },
      get_atom::value, wanted.of->id);
}

void ask_kafka(application_context& context, const exchange_ptr& exchanged, const asked_cluster& cluster,
               const wanted_offsets& wanted, const attempt_outcome& end) {
  context.bridge.ask<offset_steps>(
      context.environment.admin, exchanged->request.deadline,
      [&context, exchanged, wanted, end](const result<offset_steps>& outcome) {
        if (outcome && !wanted.order.allowed.empty())
          return end_if_still_stopped(context, exchanged, wanted, outcome, end);
        end(answered(*exchanged, wanted, outcome), outcome.has_value());
      },
      commit_atom::value, cluster, wanted.order);
}

void change_or_tell(application_context& context, const exchange_ptr& exchanged, const asked_cluster& cluster,
                    const wanted_offsets& wanted) {
  if (wanted.order.dry_run) {
    return ask_kafka(context, exchanged, cluster, wanted,
                     [exchanged](http_response answer, bool) { exchanged->respond.answer(std::move(answer)); });
  }
  with_audited_attempt(context, exchanged, [&context, exchanged, cluster, wanted](const attempt_outcome& end) {
    ask_kafka(context, exchanged, cluster, wanted, end);
  });
}

/// Goes on where no other consumer of the group runs.
void with_group_at_rest(application_context& context, const exchange_ptr& exchanged, wanted_offsets wanted,
                        std::function<void(const wanted_offsets&)> go_on) {
  with_all_consumers(context, exchanged,
                     [exchanged, wanted = std::move(wanted),
                      go_on = std::move(go_on)](const std::vector<consumer_view_ptr>& all) mutable {
                       for (const auto& view : all) {
                         if (view->spec->id == wanted.of->id ||
                             !is_in_group(*view->spec, wanted.of->consumer_group, wanted.of->bootstrap_servers()))
                           continue;
                         const bool visible = may(exchanged, permission::consumers_view, *view->spec);
                         if (view->status != consumer_status::inactive)
                           return exchanged->respond.answer(to_response(visible ? still_runs(*view) : other_runs()));
                         if (visible) wanted.shared_with.push_back(view->spec->id);
                       }
                       go_on(wanted);
                     });
}

}  // namespace

void put_offsets(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  const bool dry_run = query.boolean("dry_run").value_or(false);
  query.allow_only({"dry_run"});  // what is misspelt would be done in earnest
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(std::move(body.error()));
  with_observed_consumer(
      context, exchanged, permission::offsets_change,
      [&context, exchanged, dry_run, body = std::move(*body)](const consumer_view& view) {
        auto change = read_offset_change(body);
        if (!change) return exchanged->respond.answer(to_response(change.error()));
        if (view.status != consumer_status::inactive) return exchanged->respond.answer(to_response(still_runs(view)));
        wanted_offsets wanted{.of = view.spec, .order = order_of(*view.spec, std::move(*change), dry_run)};
        with_group_at_rest(context, exchanged, std::move(wanted),
                           [&context, exchanged](const wanted_offsets& permitted) {
                             with_cluster_of(context, exchanged, permitted.of,
                                             [&context, exchanged, permitted](const asked_cluster& cluster) {
                                               change_or_tell(context, exchanged, cluster, permitted);
                                             });
                           });
      });
}

}  // namespace kfs
