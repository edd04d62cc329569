#include "cluster/cluster_front.hpp"

#include <utility>

#include "actors/exceptions.hpp"

namespace kfs {
namespace {

cluster_view_ptr shown(const cluster_front_parts& parts) {
  const auto known = parts.view->get();
  auto shown = known ? std::make_shared<cluster_view>(*known) : std::make_shared<cluster_view>();
  shown->replica = parts.self;
  for (auto& replica : shown->replicas)
    replica.linked = parts.links && (replica.replica == parts.self || parts.links->has(replica.replica));
  return shown;
}

cluster_actor::behavior_type behave(cluster_actor::pointer self, const std::shared_ptr<cluster_front_parts>& parts) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  return {
      [parts](get_atom) { return shown(*parts); },
      [self, parts](drain_atom, const replica_id& replica) {
        return self->delegate(parts->coordinator, drain_atom::value, replica);
      },
      [self, parts](resume_atom, const replica_id& replica) {
        return self->delegate(parts->coordinator, resume_atom::value, replica);
      },
      [self, parts](evict_atom, const replica_id& replica) {
        return self->delegate(parts->coordinator, evict_atom::value, replica);
      },
  };
}

}  // namespace

cluster_actor spawn_cluster_front(caf::actor_system& system, cluster_front_parts parts) {
  return system.spawn(behave, std::make_shared<cluster_front_parts>(std::move(parts)));
}

}  // namespace kfs
