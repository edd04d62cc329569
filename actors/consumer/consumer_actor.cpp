#include "actors/consumer/runner.hpp"
#include "actors/exceptions.hpp"
#include "config/secrets/resolution.hpp"

namespace kfs {
namespace {

struct consumer_actor_state {
  static inline const char* name = "consumer";
  std::unique_ptr<consumer_runner> runner;
};

result<owned_client> make_client(const consumer_environment& environment) {
  for (const auto& processor : environment.spec->processors) {
    if (environment.find_type(processor.type) == nullptr)
      return failure(ec::invalid_request, "this server has no processor type '" + processor.type + "'");
    if (auto missing = sealed_secret_in(processor.config)) return tl::make_unexpected(std::move(*missing));
  }
  auto client = environment.clients.make_consumer(*environment.spec, environment.options, environment.instance);
  if (!client) return tl::make_unexpected(std::move(client).error());
  return owned_client(client->release(), see_off_client{&environment.clients});
}

consumer_actor::behavior_type consumer(consumer_actor::stateful_pointer<consumer_actor_state> self,
                                       const std::shared_ptr<consumer_environment>& environment) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->set_down_handler(
      [self](const caf::down_msg& down) { self->state.runner->child_ended(down.source, down.reason); });
  if (auto client = make_client(*environment)) {
    self->state.runner = std::make_unique<consumer_runner>(self, std::move(*environment), std::move(*client));
    if (const auto started = self->state.runner->start(); !started) self->quit(to_caf(started.error()));
  } else {
    self->quit(to_caf(client.error()));
  }
  return {
      [self](wake_atom) { self->state.runner->woken(); },
      [self](flush_atom) { self->state.runner->filled(); },
      [self](tick_atom) { self->state.runner->ticked(); },
      [self](observed_atom, const processor_report& report) { self->state.runner->processor_reported(report); },
      [self](retry_atom) { self->state.runner->retry_now(); },
      [self](pause_atom, const paused_partitions& paused) {
        self->state.runner->pause(paused);
        return done{};
      },
      [self](drain_atom, departure how) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.runner->drain(how, owed_answer<done>(answer));
        return answer;
      },
  };
}

}  // namespace

consumer_actor spawn_consumer(caf::actor_system& system, consumer_environment environment) {
  return system.spawn(consumer, std::make_shared<consumer_environment>(std::move(environment)));
}

}  // namespace kfs
