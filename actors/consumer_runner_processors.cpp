// The children of a consumer: its processors, and who produces their dead letters.
#include <algorithm>
#include <utility>

#include "actors/consumer_runner.hpp"

namespace kfs {

/// False when the actor ends because one cannot be made.
bool consumer_runner::spawn_processors() {
  if (options_.on_error.policy == refusal_policy::dead_letter) {
    letters_ = spawn_dead_letters(self_->system(), {.spec = environment_.spec, .clients = environment_.clients});
    self_->monitor(letters_);
  }
  for (const auto& spec : environment_.spec->processors) {
    const auto* type = environment_.find_type(spec.type);
    if (type == nullptr) {
      self_->quit(to_caf({ec::invalid_request, "this server has no processor type '" + spec.type + "'"}));
      return false;
    }
    const auto processor = spawn_processor(
        self_->system(),
        {.spec = spec,
         .to = type->make(*environment_.spec, spec, environment_.sinks, given_up_.get_token(), environment_.instance),
         .recovery = options_.recovery,
         .consumer = self_,
         .measured = environment_.measured,
         .log = environment_.log,
         .sink_waits = type->waits,
         .of = environment_.spec->id,
         .on_error = options_.on_error,
         .letters = letters_,
         .refusals = environment_.refusals});
    self_->monitor(processor);
    processors_.push_back(processor);
    reports_.push_back({.id = spec.id, .type = spec.type, .fault = {}, .recovery = {}});
  }
  return true;
}

void consumer_runner::processor_reported(const processor_report& report) {
  const auto known = std::ranges::find(reports_, report.id, &processor_report::id);
  if (known == reports_.end()) return;
  *known = report;
  observe();
}

void consumer_runner::child_ended(const caf::actor_addr& who, const caf::error& reason) {
  if (letters_ && letters_.address() == who) {
    begin_ending(closing_bound, error{ec::actor_died, "the dead letters' producer ended: " + from_caf(reason).message});
    return;
  }
  const auto ended =
      std::ranges::find_if(processors_, [&](const auto& processor) { return processor.address() == who; });
  if (ended == processors_.end()) return;
  const auto& report = reports_[static_cast<std::size_t>(ended - processors_.begin())];
  begin_ending(closing_bound, error{ec::actor_died, "processor " + report.id.value + " (" + report.type +
                                                        ") ended: " + from_caf(reason).message});
}

void consumer_runner::retry_now() {
  for (const auto& processor : processors_) self_->send(processor, retry_atom::value);
  last_observed_.reset();
  observe();
}

}  // namespace kfs
