#include <utility>

#include "actors/exceptions.hpp"
#include "actors/processor/shell.hpp"

namespace kfs {
namespace {

struct processor_actor_state {
  static inline const char* name = "processor";
  std::unique_ptr<processor_shell> shell;
};

processor_actor::behavior_type processor(processor_actor::stateful_pointer<processor_actor_state> self,
                                         const std::shared_ptr<processor_environment>& environment) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->state.shell = std::make_unique<processor_shell>(self, std::move(*environment));
  return {
      [self](deliver_atom, batch_ptr& records) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.shell->deliver(std::move(records), owed_answer<done>(answer));
        return answer;
      },
      [self](locate_atom, record_source_ptr& source, partition_numbers& partitions) -> caf::result<sink_positions> {
        auto answer = self->make_response_promise<sink_positions>();
        self->state.shell->locate(std::move(source), std::move(partitions), owed_answer<sink_positions>(answer));
        return answer;
      },
      [self](start_atom, record_source_ptr& source, sink_starts& starts) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.shell->start_at(std::move(source), std::move(starts), owed_answer<done>(answer));
        return answer;
      },
      [self](health_atom) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.shell->prove_ready(owed_answer<done>(answer));
        return answer;
      },
      [self](drain_atom) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.shell->drain(owed_answer<done>(answer));
        return answer;
      },
      [self](retry_atom) { self->state.shell->retry(); },
  };
}

}  // namespace

processor_actor spawn_processor(caf::actor_system& system, processor_environment environment) {
  const bool waits = environment.sink_waits;
  auto shared = std::make_shared<processor_environment>(std::move(environment));
  return waits ? system.spawn<caf::detached>(processor, std::move(shared)) : system.spawn(processor, std::move(shared));
}

}  // namespace kfs
