#include <algorithm>
#include <utility>

#include "actors/supervisor/supervisor.hpp"
#include "config/consumers/change.hpp"

namespace kfs {
namespace {

error not_found(const consumer_id& id) {
  return {ec::not_found, "Consumer " + id.value + " not found"};
}

error stale(const consumer_spec& stored) {
  return {ec::stale_revision,
          "Consumer " + stored.id.value + " is at revision " + std::to_string(stored.rev.value) + "; read it again"};
}

/// Nothing changes. Equal revisions alone do not say so: two changes of one revision both make the next.
bool same_configuration(const consumer_spec& asked, const consumer_spec& stored) {
  auto aligned = asked;
  aligned.target = stored.target;
  return aligned == stored;
}

}  // namespace

void supervisor::in_turn(const consumer_id& id, const command& run, const std::function<void(const error&)>& refuse) {
  if (shutting_down_) {
    refuse({ec::shutting_down, "this replica is shutting down; ask again"});
    return;
  }
  if (!in_charge_) {
    refuse(why_not_in_charge());
    return;
  }
  const auto [turn, first] = turns_.try_emplace(id);
  if (first) {
    run();
  } else if (turn->second.size() < commands_waiting) {
    turn->second.push_back(run);
  } else {
    refuse({ec::overloaded, "too many commands wait for consumer " + id.value + "; ask again"});
  }
}

void supervisor::next_turn(const consumer_id& id) {
  const auto turn = turns_.find(id);
  if (turn->second.empty()) {
    turns_.erase(turn);
    return;
  }
  const auto run = std::move(turn->second.front());
  turn->second.pop_front();
  run();
}

void supervisor::create(const consumer_spec_ptr& spec, const create_answer& answer) {
  const auto run = [this, spec, answer]() {
    if (find(spec->id) != nullptr) {
      repeated_create(spec, answer);
      return;
    }
    self_->request(environment_.store, store_timeout, create_atom::value, spec)
        .then(
            [this, spec, answer](done) {
              auto& which = adopt(spec, event_kind::created);
              environment_.log.info("consumer created", {{"consumer_id", spec->id.value}, {"topic", spec->topic}});
              reconcile(which);
              answer.give(create_outcome{view_of(which), true});
              next_turn(spec->id);
            },
            [this, spec, answer](const caf::error& why) {
              store_refused(why);
              answer.refuse(why);
              next_turn(spec->id);
            });
  };
  in_turn(spec->id, run, [answer](const error& why) { answer.refuse(why); });
}

/// The same POST again is answered with the consumer as it is now; the first configuration tells whether it is the
/// same.
void supervisor::repeated_create(const consumer_spec_ptr& spec, const create_answer& answer) {
  const auto id = spec->id;
  self_->request(environment_.store, store_timeout, history_atom::value, id)
      .then(
          [this, spec, answer](const consumer_spec_list& history) {
            auto* which = find(spec->id);
            if (which != nullptr && !history->empty() && same_request(history->front(), *spec)) {
              answer.give(create_outcome{view_of(*which), false});
            } else {
              answer.refuse(error{ec::already_exists, "Consumer " + spec->id.value +
                                                          " exists already with another configuration; use PUT to "
                                                          "change it, or another consumer_id"});
            }
            next_turn(spec->id);
          },
          [this, id, answer](const caf::error& why) {
            answer.refuse(why);
            next_turn(id);
          });
}

void supervisor::update(const consumer_spec_ptr& spec, const view_answer& answer) {
  const auto run = [this, spec, answer]() {
    auto* which = find(spec->id);
    const auto refuse = [&](const error& why) {
      answer.refuse(why);
      next_turn(spec->id);
    };
    if (which == nullptr) return refuse(not_found(spec->id));
    // The caller may have read one that was deleted since; its id and revision can be those of the one made after it.
    if (spec->created_at != which->wanted->created_at) return refuse(stale(*which->wanted));
    if (same_configuration(*spec, *which->wanted)) {
      answer.give(view_of(*which));
      return next_turn(spec->id);
    }
    if (spec->rev.value != which->wanted->rev.value + 1) return refuse(stale(*which->wanted));
    // It may have been started or stopped since the caller read it; only a change that stops it decides about that.
    auto changed = std::make_shared<consumer_spec>(*spec);
    changed->target = reads_elsewhere(*which->wanted, *spec) ? target_state::stopped : which->wanted->target;
    self_->request(environment_.store, store_timeout, update_atom::value, consumer_spec_ptr(changed))
        .then(
            [this, changed, answer](done) {
              auto& updated = *find(changed->id);
              environment_.log.info("consumer updated", {{"consumer_id", changed->id.value},
                                                         {"revision", std::to_string(changed->rev.value)}});
              replace_wanted(updated, changed);
              updated.events->add(event_kind::updated,
                                  "the consumer was changed; revision " + std::to_string(changed->rev.value));
              forget_faults(updated);
              updated.when_settled.push_back([this, answer](entry& now_settled) { answer.give(view_of(now_settled)); });
              reconcile(updated);
              next_turn(changed->id);
            },
            [this, changed, answer](const caf::error& why) {
              store_refused(why);
              answer.refuse(why);
              next_turn(changed->id);
            });
  };
  in_turn(spec->id, run, [answer](const error& why) { answer.refuse(why); });
}

void supervisor::set_target(const consumer_id& id, target_state target, const view_answer& answer) {
  const auto take_effect = [this, id, target, answer]() {
    auto& which = *find(id);
    which.events->add(target == target_state::started ? event_kind::start_requested : event_kind::stop_requested,
                      target == target_state::started ? "a start was asked for" : "a stop was asked for");
    if (which.wanted->target != target) {
      auto changed = std::make_shared<consumer_spec>(*which.wanted);
      changed->target = target;
      replace_wanted(which, std::move(changed));
    }
    if (target == target_state::started) {
      start_at_once(which);
      answer.give(view_of(which));
    } else {
      forget_faults(which);
      which.when_settled.push_back([this, answer](entry& stopped) { answer.give(view_of(stopped)); });
      reconcile(which);
    }
    next_turn(id);
  };
  const auto run = [this, id, target, answer, take_effect]() {
    auto* which = find(id);
    if (which == nullptr) {
      answer.refuse(not_found(id));
      return next_turn(id);
    }
    if (which->wanted->target == target) return take_effect();
    self_->request(environment_.store, store_timeout, target_atom::value, id, target)
        .then([take_effect](done) { take_effect(); },
              [this, id, answer](const caf::error& why) {
                store_refused(why);
                answer.refuse(why);
                next_turn(id);
              });
  };
  in_turn(id, run, [answer](const error& why) { answer.refuse(why); });
}

void supervisor::remove(const consumer_id& id, std::optional<revision> only, const done_answer& answer) {
  const auto run = [this, id, only, answer]() {
    auto* which = find(id);
    const auto refuse = [&](const error& why) {
      answer.refuse(why);
      next_turn(id);
    };
    if (which == nullptr) return refuse(not_found(id));
    if (only && *only != which->wanted->rev) return refuse(stale(*which->wanted));
    self_->request(environment_.store, store_timeout, delete_atom::value, id)
        .then(
            [this, id, answer](done) {
              auto& removed = *find(id);
              removed.removed = true;
              environment_.log.info("consumer deleted", {{"consumer_id", id.value}});
              removed.when_settled.push_back([answer](entry&) { answer.give(done{}); });
              // The turn goes on until the consumer has ended, so that its id is free only then.
              reconcile(removed);
            },
            [this, id, answer](const caf::error& why) {
              store_refused(why);
              answer.refuse(why);
              next_turn(id);
            });
  };
  in_turn(id, run, [answer](const error& why) { answer.refuse(why); });
}

caf::result<consumer_views> supervisor::list() {
  if (!in_charge_) return to_caf(why_not_in_charge());
  auto all = std::make_shared<std::vector<consumer_view_ptr>>();
  all->reserve(oldest_first_.size());
  for (const auto& [age, id] : oldest_first_) {
    if (auto* which = find(id)) all->push_back(view_of(*which));
  }
  return consumer_views(std::move(all));
}

caf::result<consumer_view_ptr> supervisor::get(const consumer_id& id) {
  if (!in_charge_) return to_caf(why_not_in_charge());
  auto* which = find(id);
  if (which == nullptr) return to_caf(not_found(id));
  if (!which->seen) return view_of(*which);
  // It tells only what has changed; it looks each time that it comes round.
  auto view = std::make_shared<consumer_view>(*view_of(*which));
  const auto since = self_->clock().now() - which->running->beats->last();
  view->observed_at = std::max(*view->observed_at, now() - std::chrono::floor<std::chrono::milliseconds>(since));
  return consumer_view_ptr(std::move(view));
}

}  // namespace kfs
