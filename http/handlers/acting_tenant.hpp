#pragma once

#include <functional>

#include "http/handlers/context.hpp"

namespace kfs {

/// Finds the tenant in which the caller creates a consumer, and goes on with the body of the POST, which names it then:
/// the one that X-Tenant or the body names, else the only one of the caller, else the default tenant for a caller of
/// all tenants.
///
/// Otherwise it answers: 404 for a tenant that the caller cannot see or that does not exist, 422 when one must be
/// named, or when header and body name different ones. It asks the store before it says 404, because another replica
/// may have made the tenant a moment ago.
void with_tenant(application_context& context, const exchange_ptr& exchanged, json body,
                 std::function<void(json)> go_on);

}  // namespace kfs
