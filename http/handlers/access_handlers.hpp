#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

/// GET /whoami: who the caller is, its tenants and permissions.
void whoami(application_context& context, const exchange_ptr& exchanged);

/// POST /access/check: whether the caller may do something with a consumer or in a tenant, and by which rule.
void check_access(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
