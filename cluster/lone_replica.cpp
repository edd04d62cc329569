#include "cluster/lone_replica.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include "actors/exceptions.hpp"

namespace kfs {
namespace {

constexpr std::chrono::seconds longest_listing{5};

constexpr const char* late = "the consumers of this server could not be listed in time; try again in a few seconds";

std::vector<assignment_view> assignments_of(const lone_replica& self, const std::vector<consumer_view_ptr>& consumers) {
  std::vector<assignment_view> all;
  for (const auto& consumer : consumers) {
    const auto& spec = *consumer->spec;
    if (spec.target != target_state::started) continue;
    const int instances = typed_options(spec.options).instances;
    for (int number = 0; number < instances; ++number)
      all.push_back({.instance = {spec.id, number}, .replica = self.name, .term = {1}, .since = self.started_at});
  }
  std::ranges::sort(all, {}, &assignment_view::instance);
  return all;
}

cluster_view_ptr view_of(const lone_replica& self, const std::vector<consumer_view_ptr>& consumers) {
  cluster_view view;
  view.replica = self.name;
  view.assignments = assignments_of(self, consumers);
  view.replicas.push_back({.replica = self.name,
                           .address = {},
                           .linked = false,
                           .state = replica_state::active,
                           .version = self.version,
                           .started_at = self.started_at,
                           .last_seen_at = now(),
                           .instances = view.assignments.size(),
                           .capacity = self.capacity});
  return std::make_shared<const cluster_view>(std::move(view));
}

caf::error why_refused(const lone_replica& self, const replica_id& whom) {
  if (whom != self.name) return to_caf({ec::not_found, "Replica " + whom.value + " not found"});
  return to_caf({ec::cannot_apply, "Replica " + whom.value +
                                       " is the only one, so no other can run its consumers. Several replicas share "
                                       "them when all are started with the same DATABASE_URL; with SQLite there is "
                                       "one replica."});
}

cluster_actor::behavior_type answer_alone(cluster_actor::stateful_pointer<std::shared_ptr<const lone_replica>> self,
                                          std::shared_ptr<const lone_replica> alone) {
  self->set_exception_handler([](std::exception_ptr& thrown) { return died_of(thrown); });
  self->state = std::move(alone);
  return {
      [self](get_atom) -> caf::result<cluster_view_ptr> {
        auto answer = self->make_response_promise<cluster_view_ptr>();
        self->request(self->state->supervisor, longest_listing, list_atom::value)
            .then([self, answer](
                      const consumer_views& consumers) mutable { answer.deliver(view_of(*self->state, *consumers)); },
                  [answer](const caf::error& reason) mutable {
                    answer.deliver(reason != caf::sec::request_timeout ? reason : to_caf({ec::timed_out, late}));
                  });
        return answer;
      },
      [self](drain_atom, const replica_id& whom) -> caf::result<done> { return why_refused(*self->state, whom); },
      [self](resume_atom, const replica_id& whom) -> caf::result<done> { return why_refused(*self->state, whom); },
      [self](evict_atom, const replica_id& whom) -> caf::result<done> { return why_refused(*self->state, whom); },
  };
}

}  // namespace

cluster_actor spawn_lone_replica(caf::actor_system& system, lone_replica self) {
  return system.spawn(answer_alone, std::make_shared<const lone_replica>(std::move(self)));
}

}  // namespace kfs
