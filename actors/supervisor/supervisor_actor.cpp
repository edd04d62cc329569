#include "actors/exceptions.hpp"
#include "actors/supervisor/supervisor.hpp"
#include "config/consumers/change.hpp"

namespace kfs {
namespace {

struct supervisor_state {
  static inline const char* name = "supervisor";
  std::unique_ptr<supervisor> run;
};

struct supervisor_setup {
  supervisor_environment environment;
  std::optional<std::vector<consumer_spec>> stored;
};

supervisor_front::behavior_type behave(supervisor_front::stateful_pointer<supervisor_state> self,
                                       const std::shared_ptr<supervisor_setup>& setup) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->set_down_handler([self](const caf::down_msg& down) { self->state.run->child_ended(down.source, down.reason); });
  self->state.run = std::make_unique<supervisor>(self, std::move(setup->environment), std::move(setup->stored));
  self->state.run->start();
  const auto set_target = [self](const command_context& context, const consumer_id& id,
                                 target_state target) -> caf::result<consumer_view_ptr> {
    auto answer = self->make_response_promise<consumer_view_ptr>();
    self->state.run->commands().set_target(context, id, target, consumer_commands::view_answer(answer));
    return answer;
  };
  return {
      [self](create_atom, const command_context& context,
             const consumer_spec_ptr& spec) -> caf::result<create_outcome> {
        auto answer = self->make_response_promise<create_outcome>();
        self->state.run->commands().create(context, spec, consumer_commands::create_answer(answer));
        return answer;
      },
      [self](list_atom) { return self->state.run->list(); },
      [self](get_atom, const consumer_id& id) -> caf::result<consumer_view_ptr> {
        auto answer = self->make_response_promise<consumer_view_ptr>();
        self->state.run->get(id, owed_answer<consumer_view_ptr>(answer));
        return answer;
      },
      [self](update_atom, const command_context& context, const consumer_id& id,
             const requested_change& change) -> caf::result<update_outcome> {
        auto answer = self->make_response_promise<update_outcome>();
        self->state.run->commands().update(context, id, change, consumer_commands::update_answer(answer));
        return answer;
      },
      [set_target](start_atom, const command_context& context, const consumer_id& id) {
        return set_target(context, id, target_state::started);
      },
      [set_target](stop_atom, const command_context& context, const consumer_id& id) {
        return set_target(context, id, target_state::stopped);
      },
      [self](order_atom, const command_context& context, const consumer_id& id,
             const consumer_order& order) -> caf::result<consumer_view_ptr> {
        auto answer = self->make_response_promise<consumer_view_ptr>();
        self->state.run->commands().give(context, id, order, consumer_commands::view_answer(answer));
        return answer;
      },
      [self](delete_atom, const command_context& context, const consumer_id& id,
             const revision_condition& condition) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.run->commands().remove(context, id, condition, consumer_commands::done_answer(answer));
        return answer;
      },
      [self](health_atom) { return self->state.run->health(); },
      [self](observed_atom, const consumer_id& id, std::uint64_t incarnation, const observation_ptr& seen) {
        self->state.run->observed(id, incarnation, seen);
      },
      [self](wanted_atom, const wanted_changes_ptr& changes) { self->state.run->wanted_changed(*changes); },
      [self](told_atom, const instance_reports& reports) { self->state.run->told(*reports); },
      [self](changed_atom, const consumer_id& id, change_number number) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.run->stored_elsewhere(id, number, supervisor::done_answer(answer));
        return answer;
      },
      [self](tick_atom) { self->state.run->ticked(); },
      [self](drain_atom) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.run->drain(supervisor::done_answer(answer));
        return answer;
      },
      [self](turn_atom, const consumer_id& id) { self->state.run->turn_ended(id); },
      [self](owned_atom, const consumer_id& id) { self->state.run->ownership_changed(id); },
  };
}

}  // namespace

supervisor_actor spawn_supervisor(caf::actor_system& system, supervisor_environment environment,
                                  std::optional<std::vector<consumer_spec>> stored, runs_in where) {
  const auto setup = std::make_shared<supervisor_setup>(supervisor_setup{std::move(environment), std::move(stored)});
  return where == runs_in::own_thread ? system.spawn<caf::detached>(behave, setup) : system.spawn(behave, setup);
}

}  // namespace kfs
