#pragma once

#include <string>
#include <string_view>

#include "actors/messages.hpp"
#include "config/access/decision.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// Checks that the caller may do `wanted` with a consumer, and notes who decided what for the audit. When it may not:
/// answers 403 naming the permission, or 404 when the caller cannot see the consumer's tenant, and returns false.
bool permit(const exchange_ptr& exchanged, permission wanted, const consumer_spec& spec);

/// The answer to an error about the consumer in the path. A consumer that does not exist, and one that the caller
/// cannot see, have the same answer and the same entry in the audit.
http_response consumer_error(const exchange& exchanged, const error& reason);

/// The same for a tenant as a whole.
bool permit_in_tenant(const exchange_ptr& exchanged, permission wanted, std::string_view tenant);

/// The same for the whole of all tenants.
bool permit_whole(const exchange_ptr& exchanged, permission wanted);

/// Whether the caller may do `wanted` with a consumer. Answers and notes nothing.
bool may(const exchange_ptr& exchanged, permission wanted, const consumer_spec& spec) noexcept;

/// The consumers for which the caller has `wanted`, in their order. Notes nothing.
std::vector<consumer_view_ptr> visible_to(const exchange_ptr& exchanged,
                                          const std::vector<consumer_view_ptr>& consumers,
                                          permission wanted = permission::consumers_view);

/// Whether the caller may do `wanted` with the whole of all tenants. Answers and notes nothing.
bool may_whole(const exchange_ptr& exchanged, permission wanted) noexcept;

/// Whether a caller may know where the server keeps its data and what it reads: who may see the whole cluster.
bool may_see_server(const caller& who) noexcept;

/// The error as the caller may know it: without places of the server where it may not see these.
error told(const exchange& exchanged, const error& problem);

/// The answer to a caller without a permission: 403.
http_response missing_permission(permission wanted, std::string_view where = {});

/// The answer about a tenant that does not exist, or that the caller cannot see: 404.
http_response no_such_tenant(std::string_view name);

}  // namespace kfs
