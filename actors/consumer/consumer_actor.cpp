#include "actors/consumer/runner.hpp"
#include "actors/exceptions.hpp"

namespace kfs {
namespace {

struct consumer_actor_state {
  static inline const char* name = "consumer";
  std::unique_ptr<consumer_runner> runner;
};

consumer_actor::behavior_type consumer(consumer_actor::stateful_pointer<consumer_actor_state> self,
                                       const std::shared_ptr<consumer_environment>& environment) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->set_down_handler(
      [self](const caf::down_msg& down) { self->state.runner->child_ended(down.source, down.reason); });
  self->state.runner = std::make_unique<consumer_runner>(self, std::move(*environment));
  self->state.runner->start();
  return {
      [self](wake_atom) { self->state.runner->woken(); },
      [self](flush_atom) { self->state.runner->filled(); },
      [self](tick_atom) { self->state.runner->ticked(); },
      [self](observed_atom, const processor_report& report) { self->state.runner->processor_reported(report); },
      [self](retry_atom) { self->state.runner->retry_now(); },
      [self](drain_atom) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.runner->drain(owed_answer<done>(answer));
        return answer;
      },
  };
}

}  // namespace

consumer_actor spawn_instance(caf::actor_system& system, consumer_environment environment) {
  return system.spawn(consumer, std::make_shared<consumer_environment>(std::move(environment)));
}

}  // namespace kfs
