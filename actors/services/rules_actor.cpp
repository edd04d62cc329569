#include "actors/services/rules_actor.hpp"

#include <atomic>
#include <chrono>
#include <utility>

#include "actors/exceptions.hpp"

namespace kfs {
namespace {

/// Checks under way at once. More than that are refused, as each holds a thread and may wait for a disk.
constexpr int most_checks = 16;
constexpr std::chrono::seconds longest_check{10};
constexpr std::chrono::seconds longest_listing{3};

using work_atom = caf::atom_constant<caf::atom("work")>;
using check_function = std::function<validated<consumer_spec>()>;
using check_worker = caf::typed_actor<caf::replies_to<work_atom>::with<checked_spec>>;

/// Makes one check, answers, ends.
check_worker::behavior_type check_once(check_worker::pointer self, const check_function& check) {
  self->set_exception_handler([](std::exception_ptr& thrown) { return died_of(thrown); });
  return {[self, check](work_atom) {
    self->quit();
    auto checked = check();
    if (!checked) return checked_spec{.spec = nullptr, .violations = std::move(checked.error())};
    return checked_spec{.spec = std::make_shared<const consumer_spec>(std::move(*checked)), .violations = {}};
  }};
}

struct check_desk {
  specification_rules rules;
  runs_in where;
  /// Counted down when a check's actor has ended, however late that is.
  std::shared_ptr<std::atomic<int>> running = std::make_shared<std::atomic<int>>(0);

  caf::result<checked_spec> begin(rules_actor::pointer self, check_function check) const {
    if (running->load() >= most_checks)
      return to_caf({ec::overloaded, "too many configurations are being checked at once; try again in a few seconds"});
    ++*running;
    const auto worker =
        where == runs_in::own_thread ? self->spawn<caf::detached>(check_once, check) : self->spawn(check_once, check);
    worker->attach_functor([counted = running](const caf::error&) { --*counted; });
    auto answer = self->make_response_promise<checked_spec>();
    self->request(worker, longest_check, work_atom::value)
        .then([answer](const checked_spec& checked) mutable { answer.deliver(checked); },
              [answer](const caf::error& reason) mutable {
                answer.deliver(reason != caf::sec::request_timeout ? reason : to_caf({ec::timed_out, late}));
              });
    return answer;
  }

  static constexpr const char* late =
      "the configuration could not be checked in time, and nothing was changed; a disk that a file_path names may not "
      "respond";
};

rules_actor::behavior_type check_bodies(rules_actor::stateful_pointer<std::shared_ptr<const check_desk>> self,
                                        std::shared_ptr<const check_desk> desk) {
  self->set_exception_handler([](std::exception_ptr& thrown) { return died_of(thrown); });
  self->state = std::move(desk);
  return {
      [self](create_atom, const requested_consumer& asked) {
        return self->state->begin(self, [desk = self->state, asked] { return desk->rules.created(asked.body); });
      },
      [self](update_atom, const requested_change& asked, const consumer_spec_ptr& stored) {
        return self->state->begin(
            self, [desk = self->state, asked, stored] { return desk->rules.changed(asked.body, *stored); });
      },
      [self](start_atom, const consumer_spec_ptr& stored) {
        return self->state->begin(self, [desk = self->state, stored] { return desk->rules.startable(*stored); });
      },
  };
}

}  // namespace

specification_rules specification_rules_of(const consumer_rules& rules, const consumer_lister& all_consumers,
                                           const tenant_limits_check& beyond_limits) {
  const auto within_limits = [beyond_limits](const consumer_spec& spec) -> validated<consumer_spec> {
    if (auto beyond = beyond_limits(spec); !beyond.empty()) return tl::make_unexpected(std::move(beyond));
    return spec;
  };
  return {.created = [&rules, all_consumers, within_limits](const json& body) -> validated<consumer_spec> {
            return rules.creation(body, all_consumers).and_then([&](const consumer_request& request) {
              return within_limits(make_consumer(request, now()));
            });
          },
          .changed = [&rules, all_consumers, within_limits](const json& body,
                                                            const consumer_spec& stored) -> validated<consumer_spec> {
            return rules.change(body, stored, all_consumers).and_then([&](const consumer_change& change) {
              const auto changed = changed_consumer(stored, change, now());
              return changed == stored ? validated<consumer_spec>(changed) : within_limits(changed);
            });
          },
          .startable = within_limits};
}

consumer_lister consumers_in(caf::actor_system& system, const store_actor& store) {
  return [&system, store] {
    caf::scoped_actor self{system};
    consumer_spec_list all;
    self->request(store, longest_listing, list_atom::value)
        .receive([&](const consumer_spec_list& list) { all = list; }, [](const caf::error&) {});
    return all;
  };
}

rules_actor spawn_rules(caf::actor_system& system, specification_rules rules, runs_in where) {
  return system.spawn(check_bodies, std::make_shared<const check_desk>(check_desk{std::move(rules), where}));
}

}  // namespace kfs
