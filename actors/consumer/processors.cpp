#include "actors/consumer/processors.hpp"

#include <algorithm>
#include <utility>

namespace kfs {

consumer_processors::consumer_processors(consumer_actor::pointer self, const consumer_environment& environment,
                                         std::function<void()> changed)
    : recovery_(environment.options.recovery) {
  if (environment.options.on_error.policy == rejection_policy::dead_letter) {
    letters_ = spawn_dead_letters(self->system(), {.spec = environment.spec, .clients = environment.clients});
    self->monitor(letters_);
  }
  const processor_link::environment shared{
      .self = self, .consumer = environment, .letters = letters_, .changed = std::move(changed)};
  for (const auto& spec : environment.spec->processors)
    links_.emplace_back(shared, spec, *environment.find_type(spec.type));
}

consumer_processors::~consumer_processors() {
  links_.clear();
  if (letters_) caf::anon_send_exit(letters_, caf::exit_reason::kill);
}

void consumer_processors::deliver(const batch_ptr& records, const std::function<void()>& acknowledged) {
  for (auto& link : links_) link.deliver(records, acknowledged);
}

void consumer_processors::retry() {
  for (auto& link : links_) link.retry();
}

void consumer_processors::ticked() {
  for (auto& link : links_) link.ticked();
}

void consumer_processors::drain(std::chrono::milliseconds bound, std::function<void()> drained) {
  if (links_.empty()) return drained();
  draining_ = links_.size();
  const auto one_less = [this, drained = std::move(drained)] {
    if (--draining_ == 0) drained();
  };
  for (auto& link : links_) link.drain(bound, one_less);
}

void consumer_processors::reported(const processor_report& report) {
  const auto known = std::ranges::find(links_, report.id, &processor_link::id);
  if (known != links_.end()) known->reported(report);
}

std::optional<error> consumer_processors::ended(const caf::actor_addr& child, const caf::error& reason) {
  if (letters_ && letters_.address() == child)
    return error{ec::actor_died, "the dead letters' producer ended: " + from_caf(reason).message};
  const auto known = std::ranges::find_if(links_, [&](const auto& link) { return link.is(child); });
  return known == links_.end() ? std::nullopt : known->ended(reason);
}

std::vector<processor_standing> consumer_processors::standings() const {
  std::vector<processor_standing> all;
  all.reserve(links_.size());
  for (const auto& link : links_) all.push_back(link.standing());
  return all;
}

bool consumer_processors::work() const {
  return std::ranges::none_of(links_, [](const auto& link) { return link.fault().has_value(); });
}

bool consumer_processors::gave_up() const {
  return std::ranges::any_of(links_,
                             [this](const auto& link) { return link.fault() && link.fault()->is_last(recovery_); });
}

bool consumer_processors::fail_with_all_in_hand() const {
  return std::ranges::all_of(links_, [](const auto& link) { return link.idle() || link.fault(); });
}

bool consumer_processors::rest() const {
  return std::ranges::all_of(links_, &processor_link::rests);
}

}  // namespace kfs
