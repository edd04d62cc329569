#include "actors/supervisor/commands.hpp"

#include <utility>

#include "config/access/decision.hpp"
#include "config/base/text.hpp"
#include "config/consumers/change.hpp"
#include "config/store/access_json.hpp"

namespace kfs {
namespace {

constexpr std::chrono::seconds announce_timeout{1};

error not_found(const consumer_id& id) {
  return {ec::not_found, "Consumer " + id.value + " not found"};
}

/// The event that tells of an order.
std::pair<event_kind, std::string> told_of(const consumer_order& order) {
  constexpr std::size_t most_named = 50;
  const auto what = order.partitions.empty()
                        ? std::string("the consumer")
                        : "partitions " + listed(order.partitions, most_named,
                                                 [](partition_number partition) { return std::to_string(partition); });
  switch (order.what) {
    case consumer_order::kind::pause:
      return {event_kind::pause_requested, "a pause of " + what + " was asked for"};
    case consumer_order::kind::resume:
      return {event_kind::resume_requested, what + " shall read again"};
    case consumer_order::kind::restart:
      break;
  }
  return {event_kind::restart_requested, "a restart was asked for"};
}

/// Why the sender of a command may not carry it out on the consumer as `spec` says; nullopt when it may. Other commands
/// may have changed the consumer since the request was let in.
std::optional<error> why_denied(const command_context& context, const consumer_spec& spec) {
  if (!context.right) return std::nullopt;
  const auto& right = *context.right;
  const auto decision = decide(*right.sender, right.needed, access_object::of_consumer(spec));
  if (decision.allowed()) return std::nullopt;
  right.denial->note(spec.tenant);
  return denial_of(decision, right.needed, spec.id);
}

}  // namespace

/// Runs a command when its turn comes, or refuses it.
template <class Answer>
void consumer_commands::begin(const command_context& context, const consumer_id& id, const Answer& answer,
                              turns::command run) {
  if (const auto why = with_.why_refused()) return answer.refuse(*why);
  auto in_time = [this, deadline = context, id, answer, run = std::move(run)](const turn& held) {
    if (deadline.expired(with_.self->clock().now())) {
      return answer.refuse(error{ec::timed_out, "the command for consumer " + id.value +
                                                    " was not carried out: its deadline passed while commands before "
                                                    "it were under way; send it again"});
    }
    if (!with_.refresh) return run(held);
    learn_then(held, id, answer, [run, held] { run(held); });
  };
  if (!with_.in_turn.take(id, std::move(in_time)))
    answer.refuse(error{ec::overloaded, "too many commands wait for consumer " + id.value + "; ask again"});
}

/// Writes to the store, together with the entry of the audit, holding the turn until it has answered. When another
/// replica has created, changed or deleted the consumer since this one has learned of it, that is learned, and `again`
/// does the same with what is stored then; every other error is the answer.
template <class Answer, class... Message>
void consumer_commands::write(const command_context& context, const turn& held, const consumer_id& id,
                              const Answer& answer, std::function<void(change_number)> stored,
                              std::function<void()> again, Message... message) {
  with_.self->request(with_.environment.store, store_link::timeout, std::move(message)..., context.entry())
      .then(
          [this, context, held, id, answer, stored = std::move(stored)](change_number number) {
            context.note_audited();
            announce(id, number, answer.hold());
            stored(number);
          },
          [this, context, held, id, answer, again = std::move(again)](const caf::error& why) {
            if (is_overtaken(context, why)) return learn_then(held, id, answer, again);
            with_.store.write_failed(why);
            answer.refuse(why);
          });
}

/// Whether the store has refused something because another replica has just changed the consumer, and there is time to
/// learn of that.
bool consumer_commands::is_overtaken(const command_context& context, const caf::error& why) const {
  const auto code = from_caf(why).code;
  const bool by_others = code == ec::stale_revision || code == ec::already_exists || code == ec::not_found;
  return by_others && with_.refresh && !context.expired(with_.self->clock().now());
}

template <class Answer>
void consumer_commands::learn_then(const turn& held, const consumer_id& id, const Answer& answer,
                                   const std::function<void()>& go_on) {
  with_.refresh(id, [held, answer, go_on](const std::optional<error>& unknown) {
    if (unknown) return answer.refuse(*unknown);
    go_on();
  });
}

/// The consumer, if it exists and the sender of the command may change it as it is now; else refuses.
template <class Answer>
entry_ptr consumer_commands::permitted(const command_context& context, const consumer_id& id, const Answer& answer) {
  const auto entry = with_.entries.find(id);
  const auto denied = entry ? why_denied(context, *entry->wanted) : not_found(id);
  if (!denied) return entry;
  answer.refuse(*denied);
  return nullptr;
}

/// Carries out what nothing is stored for, once its entry is in the audit.
template <class Answer>
void consumer_commands::audit_then(const command_context& context, const turn& held, const consumer_entry& entry,
                                   const Answer& answer, std::function<void()> carry_out) {
  if (!context.audit) return carry_out();
  const consumer_change_facts facts{
      .id = entry.id(), .tenant = entry.wanted->tenant, .before = entry.wanted->rev, .after = entry.wanted->rev};
  with_.self
      ->request(with_.environment.store, store_link::timeout, audit_atom::value, entry_of(context.audit->entry, facts))
      .then(
          [context, held, carry_out = std::move(carry_out)](std::int64_t) {
            context.note_audited();
            carry_out();
          },
          [held, answer](const caf::error& why) { answer.refuse(why); });
}

/// The answer waits until the linked replicas know the change, so that whoever has it sees the change on any of them.
void consumer_commands::announce(const consumer_id& id, change_number number,
                                 const std::shared_ptr<void>& held_answer) {
  if (!with_.environment.announcer) return;
  with_.self->request(*with_.environment.announcer, announce_timeout, announce_atom::value, id, number)
      .then([held_answer](done) {}, [held_answer](const caf::error&) {});
}

/// Alone, nobody else changes a consumer. A change whose answer was lost may be stored all the same.
change_number consumer_commands::known(const consumer_entry& entry) const {
  return with_.refresh ? change_number{entry.change} : change_number{};
}

void consumer_commands::note(consumer_entry& entry, change_number number) const {
  entry.change = number.value;
  entry.changed_at = with_.self->clock().now();
}

void consumer_commands::want_changed(consumer_entry& entry, change_number number,
                                     const std::function<void(consumer_spec&)>& change) const {
  note(entry, number);
  auto wanted = std::make_shared<consumer_spec>(*entry.wanted);
  change(*wanted);
  entry.want(std::move(wanted), with_.environment);
}

void consumer_commands::create(const command_context& context, const consumer_spec_ptr& spec,
                               const create_answer& answer) {
  begin(context, spec->id, answer,
        [this, context, spec, answer](const turn& held) { create_or_repeat(context, held, spec, answer); });
}

void consumer_commands::create_or_repeat(const command_context& context, const turn& held,
                                         const consumer_spec_ptr& spec, const create_answer& answer) {
  if (with_.entries.find(spec->id)) return repeat_create(context, held, spec, answer);
  const auto ending = with_.entries.find_any(spec->id);
  if (!ending || !ending->runs_here()) return store_new(context, held, spec, answer);
  // Another replica has deleted it, and it still writes here.
  ending->when_settled.emplace_back(
      [this, context, held, spec, answer](consumer_entry&) { store_new(context, held, spec, answer); });
}

void consumer_commands::store_new(const command_context& context, const turn& held, const consumer_spec_ptr& spec,
                                  const create_answer& answer) {
  const auto stored = [this, context, spec, answer](change_number number) {
    if (const auto told = with_.entries.find(spec->id)) return answer.give(create_outcome{view_of(*told), true});
    const auto entry = std::make_shared<consumer_entry>(spec, with_.environment);
    note(*entry, number);
    entry->events->add(event_kind::created, "the consumer was created", context);
    with_.entries.add(entry);
    with_.environment.log.info(
        "consumer created",
        {{"consumer_id", spec->id.value}, {"topic", spec->topic}, {"request_id", context.request_id}});
    with_.reconcile(entry);
    answer.give(create_outcome{view_of(*entry), true});
  };
  const auto again = [this, context, held, spec, answer] { create_or_repeat(context, held, spec, answer); };
  write(context, held, spec->id, answer, stored, again, create_atom::value, spec);
}

/// The same POST again is answered with the consumer as it is now; the first configuration tells whether it is the
/// same.
void consumer_commands::repeat_create(const command_context& context, const turn& held, const consumer_spec_ptr& spec,
                                      const create_answer& answer) {
  with_.self->request(with_.environment.store, store_link::timeout, history_atom::value, spec->id)
      .then(
          [this, context, held, spec, answer](const consumer_spec_list& history) {
            const auto entry = with_.entries.find(spec->id);
            if (entry && !history->empty() && same_request(history->front(), *spec)) {
              if (const auto denied = why_denied(context, *entry->wanted)) return answer.refuse(*denied);
              answer.give(create_outcome{view_of(*entry), false});
            } else if (!entry || history->empty()) {
              answer.refuse(error{ec::already_exists, "Consumer " + spec->id.value +
                                                          " is being deleted; send the request again in a moment"});
            } else {
              answer.refuse(error{ec::already_exists, "Consumer " + spec->id.value +
                                                          " exists already with another configuration; use PUT to "
                                                          "change it, or another consumer_id"});
            }
          },
          [this, context, held, spec, answer](const caf::error& why) {
            if (!is_overtaken(context, why)) return answer.refuse(why);
            learn_then(held, spec->id, answer, [=, this] { create_or_repeat(context, held, spec, answer); });
          });
}

void consumer_commands::update(const command_context& context, const consumer_id& id, const requested_change& change,
                               const update_answer& answer) {
  begin(context, id, answer,
        [this, context, id, change, answer](const turn& held) { check_change(context, held, id, change, answer); });
}

void consumer_commands::check_change(const command_context& context, const turn& held, const consumer_id& id,
                                     const requested_change& change, const update_answer& answer) {
  const auto entry = permitted(context, id, answer);
  if (!entry) return;
  if (const auto allowed = change.condition.check(entry->wanted->rev); !allowed) return answer.refuse(allowed.error());
  // The rules answer within ten seconds.
  with_.self->request(with_.environment.rules, caf::infinite, update_atom::value, change, entry->wanted)
      .then([this, context, held, entry, change,
             answer](const checked_spec& checked) { store_change(context, held, entry, change, checked, answer); },
            [held, answer](const caf::error& why) { answer.refuse(why); });
}

void consumer_commands::store_change(const command_context& context, const turn& held, const entry_ptr& entry,
                                     const requested_change& change, const checked_spec& checked,
                                     const update_answer& answer) {
  if (!checked.spec) return answer.give({.view = nullptr, .violations = checked.violations});
  // Nobody moves a consumer to names with which they could not change it.
  if (const auto denied = why_denied(context, *checked.spec)) return answer.refuse(*denied);
  if (checked.spec->rev == entry->wanted->rev) return answer.give({.view = view_of(*entry), .violations = {}});
  const auto again = [this, context, held, id = entry->id(), change, answer] {
    check_change(context, held, id, change, answer);
  };
  const auto stored = [this, context, entry, changed = checked.spec, answer](change_number number) {
    note(*entry, number);
    apply_change(context, entry, changed, answer);
  };
  write(context, held, entry->id(), answer, stored, again, update_atom::value, checked.spec, known(*entry));
}

void consumer_commands::apply_change(const command_context& context, const entry_ptr& entry,
                                     const consumer_spec_ptr& changed, const update_answer& answer) {
  const auto number = std::to_string(changed->rev.value);
  with_.environment.log.info(
      "consumer updated",
      {{"consumer_id", changed->id.value}, {"revision", number}, {"request_id", context.request_id}});
  if (entry->is_elsewhere()) {
    entry->want(changed, with_.environment);
  } else {
    entry->change_to(changed, with_.environment);
  }
  entry->events->add(event_kind::updated, "the consumer was changed; revision " + number, context);
  with_.faults.forget(*entry);
  entry->when_settled.emplace_back(
      [this, answer](consumer_entry& settled) { answer.give({.view = view_of(settled), .violations = {}}); });
  with_.reconcile(entry);
}

void consumer_commands::set_target(const command_context& context, const consumer_id& id, target_state target,
                                   const view_answer& answer) {
  begin(context, id, answer,
        [this, context, id, target, answer](const turn& held) { store_target(context, held, id, target, answer); });
}

void consumer_commands::store_target(const command_context& context, const turn& held, const consumer_id& id,
                                     target_state target, const view_answer& answer) {
  const auto entry = permitted(context, id, answer);
  if (!entry) return;
  // Whoever runs it has to know of a repeated start, which tries again at once what fails.
  const bool is_known = target == target_state::stopped || !entry->is_partly_elsewhere();
  if (entry->wanted->target == target && is_known) {
    return audit_then(context, held, *entry, answer,
                      [this, context, entry, target, answer] { take_target(context, entry, target, answer); });
  }
  const auto stored = [this, context, entry, target, answer](change_number number) {
    want_changed(*entry, number, [target](consumer_spec& wanted) { wanted.target = target; });
    take_target(context, entry, target, answer);
  };
  const auto again = [this, context, held, id, target, answer] { store_target(context, held, id, target, answer); };
  write(context, held, id, answer, stored, again, target_atom::value, id, target, known(*entry));
}

void consumer_commands::take_target(const command_context& context, const entry_ptr& entry, target_state target,
                                    const view_answer& answer) {
  const bool starts = target == target_state::started;
  entry->events->add(starts ? event_kind::start_requested : event_kind::stop_requested,
                     starts ? "a start was asked for" : "a stop was asked for", context);
  with_.environment.log.info(starts ? "consumer start requested" : "consumer stop requested",
                             {{"consumer_id", entry->id().value}, {"request_id", context.request_id}});
  if (starts) {
    with_.faults.start_again(entry);
    answer.give(view_of(*entry));
  } else {
    with_.faults.forget(*entry);
    entry->when_settled.emplace_back([this, answer](consumer_entry& settled) { answer.give(view_of(settled)); });
    with_.reconcile(entry);
  }
}

void consumer_commands::give(const command_context& context, const consumer_id& id, const consumer_order& order,
                             const view_answer& answer) {
  begin(context, id, answer,
        [this, context, id, order, answer](const turn& held) { store_order(context, held, id, order, answer); });
}

void consumer_commands::store_order(const command_context& context, const turn& held, const consumer_id& id,
                                    const consumer_order& order, const view_answer& answer) {
  const auto entry = permitted(context, id, answer);
  if (!entry) return;
  if (order.what == consumer_order::kind::restart && entry->wanted->target == target_state::stopped)
    return answer.refuse(error{ec::cannot_apply, "Consumer " + id.value + " is INACTIVE: start it"});
  const auto before = entry->wanted->orders;
  const auto after = order.added_to(before);
  if (after == before) {
    return audit_then(context, held, *entry, answer,
                      [this, context, entry, order, answer] { take_order(context, entry, order, answer); });
  }
  const auto stored = [this, context, entry, order, after, answer](change_number number) {
    want_changed(*entry, number, [after](consumer_spec& wanted) { wanted.orders = after; });
    take_order(context, entry, order, answer);
  };
  const auto again = [this, context, held, id, order, answer] { store_order(context, held, id, order, answer); };
  write(context, held, id, answer, stored, again, order_atom::value, id, after, known(*entry));
}

void consumer_commands::take_order(const command_context& context, const entry_ptr& entry, const consumer_order& order,
                                   const view_answer& answer) {
  const auto [kind, event] = told_of(order);
  entry->events->add(kind, event, context);
  with_.environment.log.info(event, {{"consumer_id", entry->id().value}, {"request_id", context.request_id}});
  if (order.what == consumer_order::kind::restart) with_.faults.forget(*entry);
  entry->when_settled.emplace_back([this, answer](consumer_entry& settled) { answer.give(view_of(settled)); });
  with_.reconcile(entry);
}

void consumer_commands::remove(const command_context& context, const consumer_id& id,
                               const revision_condition& condition, const done_answer& answer) {
  begin(context, id, answer, [this, context, id, condition, answer](const turn& held) {
    store_removal(context, held, id, condition, answer);
  });
}

void consumer_commands::store_removal(const command_context& context, const turn& held, const consumer_id& id,
                                      const revision_condition& condition, const done_answer& answer) {
  const auto entry = permitted(context, id, answer);
  if (!entry) return;
  if (const auto allowed = condition.check(entry->wanted->rev); !allowed) return answer.refuse(allowed.error());
  const auto stored = [this, context, held, entry, answer](change_number number) {
    note(*entry, number);
    entry->remove();
    with_.environment.log.info("consumer deleted",
                               {{"consumer_id", entry->id().value}, {"request_id", context.request_id}});
    // The turn lasts until the consumer has ended, so that its id is free only then.
    entry->when_settled.emplace_back([held, answer](consumer_entry&) { answer.give(done{}); });
    with_.reconcile(entry);
  };
  const auto again = [this, context, held, id, condition, answer] {
    store_removal(context, held, id, condition, answer);
  };
  write(context, held, id, answer, stored, again, delete_atom::value, id, known(*entry));
}

}  // namespace kfs
