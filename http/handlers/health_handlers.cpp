#include "http/handlers/health_handlers.hpp"

#include <functional>
#include <set>
#include <string>

#include "http/auth/guard.hpp"
#include "http/dto/health_dto.hpp"
#include "http/dto/metrics_dto.hpp"
#include "http/handlers/consumer_reply.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"

namespace kfs {
namespace {

/// Probes of Kubernetes and load balancers wait a second or two.
constexpr std::chrono::seconds probe_time_limit{2};

void answer_health(const exchange_ptr& exchanged, bool ready, const json& body) {
  exchanged->respond.answer(ready ? ok(body) : unavailable(body));
}

}  // namespace

void liveness(application_context&, const exchange_ptr& exchanged) {
  exchanged->respond.answer(ok(health_summary_dto(std::nullopt)));
}

void readiness(application_context& context, const exchange_ptr& exchanged) {
  context.bridge.ask<server_health>(
      context.environment.supervisor, std::chrono::steady_clock::now() + probe_time_limit,
      [&context, exchanged](const result<server_health>& found) {
        auto why_down = found ? why_not_ready(*found) : std::optional(found.error().message);
        // The reason may name a place that is not for everybody; /health tells it.
        if (why_down && !context.environment.access.authentication->asks_nobody())
          why_down = "The server is not ready; /health says why.";
        answer_health(exchanged, !why_down, health_summary_dto(why_down));
      },
      health_atom::value);
}

void health(application_context& context, const exchange_ptr& exchanged) {
  const auto until = exchanged->request.deadline;
  context.bridge.ask<server_health>(
      context.environment.supervisor, until,
      [&context, exchanged, until](const result<server_health>& found) {
        if (!found) return answer_health(exchanged, false, health_summary_dto(told(*exchanged, found.error()).message));
        auto server = *found;
        if (server.store_fault) server.store_fault = told(*exchanged, *server.store_fault);
        context.bridge.ask<consumer_views>(
            context.environment.supervisor, until,
            [&context, exchanged, server](const result<consumer_views>& consumers) {
              if (!consumers)
                return answer_health(exchanged, false, health_summary_dto(told(*exchanged, consumers.error()).message));
              auto body = health_dto(server, visible_to(exchanged, **consumers), context.environment.version);
              if (context.environment.access.authentication->asks_nobody()) body["authentication"] = "none";
              answer_health(exchanged, !why_not_ready(server), body);
            },
            list_atom::value);
      },
      health_atom::value);
}

/// A caller who may not see the whole gets the series of the consumers that it may see.
void metrics_exposition(application_context& context, const exchange_ptr& exchanged) {
  const auto format = wanted_exposition(exchanged->request.accept);
  const bool is_public = context.environment.configured.access.metrics_public;
  if (is_public || may_whole(exchanged, permission::metrics_view))
    return exchanged->respond.answer(
        ok(context.environment.measured.exposition(format), std::string(content_type_of(format))));
  with_all_consumers(context, exchanged,
                     [&context, exchanged, format](const std::vector<consumer_view_ptr>& consumers) {
                       std::set<std::string, std::less<>> permitted;
                       for (const auto& view : consumers) {
                         if (may(exchanged, permission::metrics_view, *view->spec))
                           permitted.insert(view->spec->id.value);
                       }
                       auto text = series_of_consumers(context.environment.measured.exposition(format), permitted);
                       exchanged->respond.answer(ok(std::move(text), std::string(content_type_of(format))));
                     });
}

}  // namespace kfs
