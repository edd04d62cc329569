#include "tests/unit/doubles/faulty_processor.hpp"

#include <deque>
#include <functional>
#include <stdexcept>
#include <utility>

#include "actors/exceptions.hpp"

namespace kfs::test {
namespace {

struct front_state {
  static inline const char* name = "faulty_processor";
  processor_actor inner;
  std::shared_ptr<processor_faults> faults;
  bool gone_silent = false;
  std::deque<std::function<void()>> late;  ///< answers that wait for their delay to end

  ~front_state() { caf::anon_send_exit(inner, caf::exit_reason::kill); }
};

using front = processor_actor::stateful_pointer<front_state>;

/// Hands the message to the real processor, or injects the current fault.
template <class Answer, class... Message>
caf::result<Answer> pass(front self, Message... message) {
  auto& faults = *self->state.faults;
  auto& gone_silent = self->state.gone_silent;
  auto owed = self->template make_response_promise<Answer>();
  switch (gone_silent ? processor_fault::swallows : faults.now) {
    case processor_fault::none:
      self->request(self->state.inner, caf::infinite, message...)
          .then([owed](const Answer& answer) mutable { owed.deliver(answer); },
                [owed](const caf::error& failure) mutable { owed.deliver(failure); });
      break;
    case processor_fault::dawdles:
      ++faults.injected["processor dawdles"];
      self->request(self->state.inner, caf::infinite, message...)
          .then(
              [self, owed](const Answer& answer) {
                self->state.late.push_back([owed, answer]() mutable { owed.deliver(answer); });
                self->delayed_send(self, dawdling, retry_atom::value);
              },
              [owed](const caf::error& failure) mutable { owed.deliver(failure); });
      break;
    case processor_fault::swallows:
      gone_silent = true;  // answering later messages after losing this one would break their order
      ++faults.injected["processor swallows a message"];
      break;
    case processor_fault::errs:
      ++faults.injected["processor answers with an error"];
      owed.deliver(to_caf({ec::internal, "the processor is confused"}));
      break;
    case processor_fault::quits:
      ++faults.injected["processor quits"];
      self->quit();
      break;
    case processor_fault::dies:
      ++faults.injected["processor dies"];
      self->quit(to_caf({ec::internal, "the processor gave up"}));
      break;
    case processor_fault::throws:
      ++faults.injected["processor throws"];
      throw std::runtime_error("the processor threw");
  }
  return owed;
}

processor_actor::behavior_type behave(front self, const std::shared_ptr<processor_environment>& environment,
                                      const std::shared_ptr<processor_faults>& faults) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->set_down_handler([self](const caf::down_msg& down) { self->quit(down.reason); });
  self->state.inner = spawn_processor(self->system(), std::move(*environment));
  self->state.faults = faults;
  faults->behind = self->state.inner;
  self->monitor(self->state.inner);
  return {
      [self](deliver_atom, batch_ptr& records) { return pass<done>(self, deliver_atom::value, records); },
      [self](locate_atom, record_source_ptr& source, partition_numbers& partitions) {
        return pass<sink_positions>(self, locate_atom::value, source, partitions);
      },
      [self](start_atom, record_source_ptr& source, sink_starts& starts) {
        return pass<done>(self, start_atom::value, source, starts);
      },
      [self](health_atom) { return pass<done>(self, health_atom::value); },
      [self](drain_atom) { return pass<done>(self, drain_atom::value); },
      [self](retry_atom) {
        if (self->current_sender() != self->ctrl()) {
          self->send(self->state.inner, retry_atom::value);
        } else if (!self->state.late.empty()) {
          const auto answer = std::move(self->state.late.front());
          self->state.late.pop_front();
          answer();
        }
      },
  };
}

}  // namespace

processor_actor spawn_faulty_processor(caf::actor_system& system, processor_environment environment,
                                       std::shared_ptr<processor_faults> faults) {
  return system.spawn(behave, std::make_shared<processor_environment>(std::move(environment)), std::move(faults));
}

}  // namespace kfs::test
