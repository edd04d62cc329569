#pragma once

#include <caf/all.hpp>
#include <functional>
#include <map>
#include <string>

#include "config/base/error.hpp"

namespace kfs {

/// Watches actors without which the process is of no use. `died` is called, on the watcher's thread, for each that ends
/// while the watcher is there; whoever ends them in good order ends the watcher first.
caf::actor watch_vital_actors(caf::actor_system& system, std::map<std::string, caf::actor> by_name,
                              std::function<void(const std::string& name, const error& why)> died);

}  // namespace kfs
