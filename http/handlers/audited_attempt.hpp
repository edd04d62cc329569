#pragma once

#include <functional>

#include "http/handlers/context.hpp"

namespace kfs {

/// Ends an attempt: answers the request, and tells the audit whether what was tried has succeeded.
using attempt_outcome = std::function<void(http_response answer, bool succeeded)>;

/// For what happens outside the store: enters into the audit that this request is tried, and goes on once that is
/// durable. Nothing is tried where the entry cannot be written; that is answered then.
void with_audited_attempt(application_context& context, const exchange_ptr& exchanged,
                          std::function<void(attempt_outcome)> go_on);

}  // namespace kfs
