#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

/// GET /api-keys: the keys that are for tenants of the caller only, oldest first.
void list_api_keys(application_context& context, const exchange_ptr& exchanged);

/// POST /api-keys: makes a key, which may do no more than its maker. The answer is the only one that shows it.
void create_api_key(application_context& context, const exchange_ptr& exchanged);

/// DELETE /api-keys/{key_id}: the key is refused by every replica within two seconds.
void delete_api_key(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
