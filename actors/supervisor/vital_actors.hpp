#pragma once

#include <caf/all.hpp>
#include <functional>
#include <map>
#include <string>

#include "config/base/error.hpp"

namespace kfs {

/// Watches actors that the process cannot do without. `died` is called, in the watcher's thread, for each that ends
/// while the watcher runs. An orderly end of the process ends the watcher first.
caf::actor watch_vital_actors(caf::actor_system& system, std::map<std::string, caf::actor> by_name,
                              std::function<void(const std::string& name, const error& reason)> died);

}  // namespace kfs
