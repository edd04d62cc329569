#include "actors/supervisor/children.hpp"

#include <utility>

namespace kfs {
namespace {

/// The topic that is read, not one that a processor needs.
bool lost_its_topic(const std::optional<fault_report>& fault) {
  return fault && fault->code == ec::topic_missing && !fault->source.is_processor();
}

}  // namespace

bool consumer_children::may_start(std::chrono::steady_clock::time_point at) {
  while (!starting_.empty() && at - starting_.begin()->second >= longest_start) starting_.erase(starting_.begin());
  return starting_.size() < most_starting;
}

void consumer_children::start(const entry_ptr& entry, const instance_ptr& instance) {
  const auto incarnation = ++incarnations_;
  starting_.emplace(incarnation, self_->clock().now());
  if (!entry->measured) entry->measured = environment_.measured.of_consumer(*entry->wanted);
  // Observations travel as messages, so that the supervisor handles them in its own thread.
  auto observe = [to = supervisor_actor(supervisor_front(self_)), id = entry->id(), incarnation](observation_ptr seen) {
    caf::anon_send(to, observed_atom::value, id, incarnation, std::move(seen));
  };
  auto beats = std::make_shared<pulse>(self_->clock().now());
  auto handle =
      environment_.start_consumer(self_->system(), {.spec = entry->wanted,
                                                    .options = entry->options,
                                                    .observe = std::move(observe),
                                                    .clients = environment_.clients,
                                                    .sinks = environment_.sinks,
                                                    .measured = entry->measured,
                                                    .log = environment_.log,
                                                    .topic_was_missing = lost_its_topic(instance->recovery.fault()),
                                                    .instance = instance->number,
                                                    .rejections = entry->rejections,
                                                    .events = entry->events,
                                                    .beats = beats});
  self_->monitor(handle);
  instance->member.reset();
  running_.emplace(handle.address(), place{entry, instance});
  instance->child = running_child{.handle = std::move(handle),
                                  .incarnation = incarnation,
                                  .spec = entry->wanted,
                                  .beats = std::move(beats),
                                  .stop_timeout = entry->options.stop_timeout,
                                  .told_to_pause = entry->wanted->orders.paused,
                                  .seen = {},
                                  .seen_at = {},
                                  .draining_since = {}};
  // After an error only observed health is health.
  if (instance->state.now() != consumer_state::error)
    entry->move_to(*instance, consumer_state::starting, environment_.log);
  entry->changed(*instance);
}

void consumer_children::drain(consumer_entry& entry, consumer_instance& instance, departure how) {
  entry.move_to(instance, consumer_state::draining, environment_.log);
  instance.child->draining_since = self_->clock().now();
  instance.child->departs = how;
  // The child's end counts, which the supervisor monitors; the answer says nothing more.
  self_->request(instance.child->handle, caf::infinite, drain_atom::value, how)
      .then([](done) {}, [](const caf::error&) {});
}

bool consumer_children::tell_paused(const entry_ptr& entry, const instance_ptr& instance,
                                    std::function<void()> followed) {
  auto& child = *instance->child;
  const auto& paused = entry->wanted->orders.paused;
  if (child.told_to_pause == paused) return child.has_paused;
  child.told_to_pause = paused;
  child.has_paused = false;
  self_->request(child.handle, caf::infinite, pause_atom::value, paused)
      .then(
          [instance, paused, incarnation = child.incarnation, followed = std::move(followed)](done) {
            if (!instance->child || instance->child->incarnation != incarnation) return;
            if (instance->child->told_to_pause != paused) return;
            instance->child->has_paused = true;
            followed();
          },
          [](const caf::error&) {});  // it has ended, which the supervisor learns anyway
  return false;
}

void consumer_children::retry(const consumer_instance& instance) {
  self_->send(instance.child->handle, retry_atom::value);
}

std::optional<consumer_children::place> consumer_children::ended(const caf::actor_addr& address) {
  auto found = running_.extract(address);
  if (found.empty()) return std::nullopt;
  auto& instance = *found.mapped().instance;
  starting_.erase(instance.child->incarnation);
  if (const auto how = instance.child->departs; how != departure::leave)
    instance.member = {instance.child->spec, self_->clock().now(), how == departure::lost};
  instance.child.reset();
  return std::move(found.mapped());
}

void consumer_children::leave_group(consumer_instance& instance) {
  const auto spec = std::exchange(instance.member, std::nullopt)->of;
  const auto options = typed_options(spec->options, environment_.policies);
  if (!options.partitions.empty()) return;  // it is in no group
  const auto begun = environment_.clients.leave_group(*spec, options, instance.number);
  if (begun) return;
  environment_.log.warning(
      "a member that nothing runs any more could not be made to leave its group; the group waits for "
      "it until its session ends",
      {{"consumer_id", spec->id.value},
       {"instance", std::to_string(instance.number)},
       {"reason", begun.error().message}});
}

}  // namespace kfs
