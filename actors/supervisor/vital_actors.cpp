#include "actors/supervisor/vital_actors.hpp"

#include <algorithm>
#include <utility>

#include "actors/messages.hpp"

namespace kfs {
namespace {

using vital_by_name = std::map<std::string, caf::actor>;
using death_notice = std::function<void(const std::string& name, const error& reason)>;

caf::behavior watching(caf::event_based_actor* self, const vital_by_name& by_name, const death_notice& died) {
  for (const auto& [name, actor] : by_name) self->monitor(actor);
  self->set_down_handler([by_name, died](const caf::down_msg& down) {
    const auto found =
        std::ranges::find_if(by_name, [&](const auto& entry) { return entry.second.address() == down.source; });
    died(found->first, from_caf(down.reason));
  });
  return {[](done) {}};
}

}  // namespace

caf::actor watch_vital_actors(caf::actor_system& system, std::map<std::string, caf::actor> by_name,
                              std::function<void(const std::string& name, const error& reason)> died) {
  return system.spawn(watching, std::move(by_name), std::move(died));
}

}  // namespace kfs
