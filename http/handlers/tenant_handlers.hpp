#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

/// GET /tenants: those that the caller may manage, by name.
void list_tenants(application_context& context, const exchange_ptr& exchanged);

/// GET /tenants/{tenant}: with what its consumers use of each quota.
void get_tenant(application_context& context, const exchange_ptr& exchanged);

/// PUT /tenants/{tenant}: makes it, or replaces its quotas and lists.
void put_tenant(application_context& context, const exchange_ptr& exchanged);

/// DELETE /tenants/{tenant}: refused while it has consumers.
void delete_tenant(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
