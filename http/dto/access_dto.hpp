#pragma once

#include "config/access/api_key.hpp"
#include "config/access/caller.hpp"
#include "config/access/tenant.hpp"
#include "config/base/json.hpp"

namespace kfs {

/// GET /whoami.
json whoami_dto(const caller& who);

/// A key without its secret.
json to_dto(const api_key& key);

/// GET /tenants/{tenant}: each quota with what is used of it.
json to_dto(const tenant& shown, const tenant_usage& used);

}  // namespace kfs
