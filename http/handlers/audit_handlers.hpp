#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

/// GET /audit: who did what, in the tenants in which the caller may see it.
void list_audit(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
