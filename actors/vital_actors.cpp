#include "actors/vital_actors.hpp"

#include <algorithm>
#include <utility>

#include "actors/messages.hpp"

namespace kfs {

caf::actor watch_vital_actors(caf::actor_system& system, std::map<std::string, caf::actor> by_name,
                              std::function<void(const std::string& name, const error& why)> died) {
  return system.spawn([by_name = std::move(by_name), died = std::move(died)](caf::event_based_actor* self) {
    for (const auto& [name, one] : by_name) self->monitor(one);
    self->set_down_handler([by_name, died](const caf::down_msg& down) {
      const auto which =
          std::ranges::find_if(by_name, [&](const auto& entry) { return entry.second.address() == down.source; });
      died(which->first, from_caf(down.reason));
    });
    return caf::behavior{[](done) {}};
  });
}

}  // namespace kfs
