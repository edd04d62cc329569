#pragma once

#include <vector>

#include "http/application/router.hpp"

namespace kfs {

struct application_context;

/// Every endpoint. `context` outlives the routes.
std::vector<route> make_routes(application_context& context);

}  // namespace kfs
