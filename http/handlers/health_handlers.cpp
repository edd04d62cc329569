#include "http/handlers/health_handlers.hpp"

#include "http/dto/health_dto.hpp"
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
      [exchanged](const result<server_health>& found) {
        const auto why_down = found ? why_not_ready(*found) : std::optional(found.error().message);
        answer_health(exchanged, !why_down, health_summary_dto(why_down));
      },
      health_atom::value);
}

void health(application_context& context, const exchange_ptr& exchanged) {
  const auto until = exchanged->request.deadline;
  context.bridge.ask<server_health>(
      context.environment.supervisor, until,
      [&context, exchanged, until](const result<server_health>& found) {
        if (!found) return answer_health(exchanged, false, health_summary_dto(found.error().message));
        context.bridge.ask<consumer_views>(
            context.environment.supervisor, until,
            [&context, exchanged, server = *found](const result<consumer_views>& consumers) {
              if (!consumers) return answer_health(exchanged, false, health_summary_dto(consumers.error().message));
              const auto body = health_dto(server, **consumers, context.environment.version);
              answer_health(exchanged, !why_not_ready(server), body);
            },
            list_atom::value);
      },
      health_atom::value);
}

void metrics_exposition(application_context& context, const exchange_ptr& exchanged) {
  exchanged->respond.answer(ok(context.environment.measured.exposition(), "text/plain; version=0.0.4; charset=utf-8"));
}

}  // namespace kfs
