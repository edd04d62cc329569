#include "http/handlers/audited_attempt.hpp"

#include "http/auth/audit_trail.hpp"
#include "http/auth/request_access.hpp"
#include "http/message/error_mapping.hpp"

namespace kfs {

void with_audited_attempt(application_context& context, const exchange_ptr& exchanged,
                          std::function<void(attempt_outcome)> go_on) {
  auto entry = entry_of(*exchanged);
  entry.outcome = audit_outcome::pending;
  context.bridge.ask<std::int64_t>(
      context.environment.access.store, exchanged->request.deadline,
      [&context, exchanged, go_on = std::move(go_on)](const result<std::int64_t>& entered) {
        if (!entered) return exchanged->respond.answer(to_response(entered.error()));
        exchanged->access->audited->store(true);
        go_on([&context, exchanged, entry_id = *entered](http_response answer, bool succeeded) {
          context.environment.access.finish(
              {entry_id, succeeded ? audit_outcome::done : audit_outcome::failed, answer.status});
          exchanged->respond.answer(std::move(answer));
        });
      },
      audit_atom::value, std::move(entry));
}

}  // namespace kfs
