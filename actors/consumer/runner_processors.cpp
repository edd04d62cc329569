// The children of a consumer: its processors, and who produces their dead letters.
#include <algorithm>
#include <utility>

#include "actors/consumer/runner.hpp"

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
    processors_.emplace_back(
        processor_link::environment{
            .self = self_, .of = environment_, .letters = letters_, .changed = [this] { observe(); }},
        spec, *type);
  }
  return true;
}

void consumer_runner::processor_reported(const processor_report& report) {
  const auto known = std::ranges::find_if(processors_, [&](const auto& one) { return one.id() == report.id; });
  if (known != processors_.end()) known->reported(report);
}

void consumer_runner::child_ended(const caf::actor_addr& who, const caf::error& reason) {
  if (letters_ && letters_.address() == who) {
    begin_ending(closing_bound, error{ec::actor_died, "the dead letters' producer ended: " + from_caf(reason).message});
    return;
  }
  const auto ended = std::ranges::find_if(processors_, [&](const auto& processor) { return processor.is(who); });
  if (ended == processors_.end()) return;
  if (auto why = ended->ended(reason)) begin_ending(closing_bound, std::move(why));
}

void consumer_runner::retry_now() {
  for (auto& processor : processors_) processor.retry();
  last_observed_.reset();
  observe();
}

}  // namespace kfs
