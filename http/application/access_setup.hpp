#pragma once

#include <memory>

#include "config/access/access_book.hpp"
#include "http/handlers/context.hpp"

namespace kfs {

/// Starts what decides who may use the API, as the settings say. `book` has the rules of ACCESS_FILE already; it is
/// kept up to date from now on.
access_environment open_access(caf::actor_system& system, const settings& configured, const store_actor& store,
                               std::shared_ptr<access_book> book, const logger& log);

}  // namespace kfs
