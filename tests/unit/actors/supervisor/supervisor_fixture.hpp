#pragma once

#include <boost/test/unit_test.hpp>
#include <map>

#include "actors/metrics/metrics.hpp"
#include "actors/services/rules_actor.hpp"
#include "actors/supervisor/spawn.hpp"
#include "config/consumers/change.hpp"
#include "config/store/spec_json.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/doubles/fake_kafka.hpp"
#include "tests/unit/doubles/shows_the_same.hpp"

namespace kfs::test {

/// A store in memory, as an actor: what is asked of it is kept, and it can be made to fail.
struct store_script {
  std::map<std::string, std::vector<consumer_spec>> history;
  std::map<std::pair<consumer_id, revision>, accepted_versions> accepted;
  std::optional<error> fails;
  bool after_all = false;  ///< a write that fails is done all the same: its answer was lost
  int writes = 0;
  std::function<void()> before_change = {};     ///< called once, before the next change of a consumer is looked at
  std::uint64_t changes = 1;                    ///< the number of the last change
  std::map<std::string, std::uint64_t> change;  ///< that made each consumer so; none: the first
  std::function<void()> after_write = {};       ///< called once, when a write is done and not yet answered
  std::function<void()> after_look = {};        ///< called once, when a consumer was looked up and not yet answered
  std::vector<audit_entry> audit = {};          ///< in the order of their writing

  stored_consumer look(const consumer_id& id) const {
    const auto found = history.find(id.value);
    if (found == history.end()) return {.wanted = nullptr, .as_of = {changes}};
    const auto made = change.find(id.value);
    wanted_consumer wanted{found->second.back(), made == change.end() ? 1 : made->second};
    return {.wanted = std::make_shared<const wanted_consumer>(std::move(wanted)), .as_of = {changes}};
  }
};

inline caf::error never_asked() {
  return to_caf({ec::internal, "a supervisor does not ask for this"});
}

inline store_actor::behavior_type store_in_memory(store_actor::pointer, std::shared_ptr<store_script> script) {
  const auto write = [script](const consumer_id& id, bool is_there, change_number known, const audit_entry_ptr& entry,
                              const std::function<void()>& change) -> caf::result<change_number> {
    if (script->fails && !script->after_all) return to_caf(*script->fails);
    if (const auto first = std::exchange(script->before_change, {})) first();
    if (is_there) {
      const auto stored = script->look(id).wanted;
      if (stored && known.value != 0 && stored->change != known.value)
        return to_caf({ec::stale_revision, "consumer " + id.value});
    }
    if (script->history.contains(id.value) != is_there)
      return to_caf({is_there ? ec::not_found : ec::already_exists, "consumer " + id.value});
    ++script->writes;
    change();
    if (entry) script->audit.push_back(*entry);
    const change_number made{++script->changes};
    script->change[id.value] = made.value;
    if (const auto then = std::exchange(script->after_write, {})) then();
    if (script->fails) return to_caf(*script->fails);
    return made;
  };
  return {
      [=](create_atom, const consumer_spec_ptr& spec, const audit_entry_ptr& entry) {
        return write(spec->id, false, {}, entry, [&] { script->history[spec->id.value] = {*spec}; });
      },
      [=](update_atom, const consumer_spec_ptr& spec, change_number known, const audit_entry_ptr& entry) {
        return write(spec->id, true, known, entry, [&] { script->history[spec->id.value].push_back(*spec); });
      },
      [=](target_atom, const consumer_id& id, target_state target, change_number known, const audit_entry_ptr& entry) {
        return write(id, true, known, entry, [&] { script->history.at(id.value).back().target = target; });
      },
      [=](order_atom, const consumer_id& id, const standing_orders& orders, change_number known,
          const audit_entry_ptr& entry) {
        return write(id, true, known, entry, [&] { script->history.at(id.value).back().orders = orders; });
      },
      [=](delete_atom, const consumer_id& id, change_number known, const audit_entry_ptr& entry) {
        return write(id, true, known, entry, [&] { script->history.erase(id.value); });
      },
      [=](get_atom, const consumer_id& id) -> caf::result<stored_consumer> {
        if (script->fails) return to_caf(*script->fails);
        auto answer = script->look(id);
        if (const auto then = std::exchange(script->after_look, {})) then();
        return answer;
      },
      [=](history_atom, const consumer_id& id) -> caf::result<consumer_spec_list> {
        const auto found = script->history.find(id.value);
        if (found == script->history.end()) return to_caf({ec::not_found, "consumer " + id.value});
        return consumer_spec_list(std::make_shared<const std::vector<consumer_spec>>(found->second));
      },
      [=](list_atom) -> caf::result<consumer_spec_list> {
        if (script->fails) return to_caf(*script->fails);
        auto newest = std::make_shared<std::vector<consumer_spec>>();
        for (const auto& [id, history] : script->history) newest->push_back(history.back());
        return consumer_spec_list(std::move(newest));
      },
      [=](accept_atom, const consumer_id& id, revision rev, const processor_id& processor, const std::string& version) {
        const auto found = script->history.find(id.value);
        if (script->fails || found == script->history.end() || found->second.back().rev != rev) return;
        script->accepted[{id, rev}].insert_or_assign(processor, version);
      },
      [=](recall_atom, const consumer_id& id, revision rev) -> caf::result<accepted_versions_ptr> {
        if (script->fails) return to_caf(*script->fails);
        return accepted_versions_ptr(std::make_shared<const accepted_versions>(script->accepted[{id, rev}]));
      },
      [=](health_atom) -> caf::result<done> {
        if (script->fails) return to_caf(*script->fails);
        return done{};
      },
      [=](audit_atom, const audit_entry& entry) -> caf::result<std::int64_t> {
        if (script->fails) return to_caf(*script->fails);
        script->audit.push_back(entry);
        return static_cast<std::int64_t>(script->audit.size());
      },
      // What a supervisor does not ask for.
      [](access_atom, std::uint64_t) -> caf::result<stored_access_ptr> { return never_asked(); },
      [](create_atom, const api_key&, const audit_entry&) -> caf::result<done> { return never_asked(); },
      [](delete_atom, const api_key_id&, const audit_entry&) -> caf::result<done> { return never_asked(); },
      [](update_atom, const tenant&, const audit_entry&) -> caf::result<put_outcome> { return never_asked(); },
      [](delete_atom, const tenant_name&, const audit_entry&) -> caf::result<done> { return never_asked(); },
      [](used_atom, const key_uses&) -> caf::result<done> { return never_asked(); },
      [](usage_atom, const std::string&) -> caf::result<tenant_usage> { return never_asked(); },
      [](audit_atom, const audit_batch_ptr&) -> caf::result<done> { return never_asked(); },
      [](audit_atom, const audit_filter&) -> caf::result<audit_page_ptr> { return never_asked(); },
      [](settle_atom) -> caf::result<std::uint64_t> { return never_asked(); },
      [](prune_atom, timestamp, std::uint64_t) -> caf::result<std::uint64_t> { return never_asked(); },
  };
}

/// Rules under which a PUT's body is a whole specification as stores write it.
inline specification_rules whole_specifications() {
  return {.created = nullptr, .changed = [](const json& body, const consumer_spec& stored) -> validated<consumer_spec> {
            auto next = from_stored_text(body.get<std::string>());
            next.target = reads_elsewhere(stored, next) ? target_state::stopped : stored.target;
            next.orders = stored.orders;
            next.created_at = stored.created_at;
            next.rev = stored.rev;
            if (next != stored) ++next.rev.value;
            return next;
          }};
}

struct supervisor_fixture : actor_fixture {
  metrics measured;
  fake_kafka kafka;
  sink_environment sinks;
  std::shared_ptr<store_script> stored = std::make_shared<store_script>();
  store_actor store = system().spawn(store_in_memory, stored);
  rules_actor rules = spawn_rules(system(), whole_specifications(), runs_in::scheduler);
  supervisor_actor supervisor;
  policy_defaults policies;
  change_feed_ptr changes = std::make_shared<change_feed>();
  std::shared_ptr<kept_views> kept = std::make_shared<kept_views>();
  std::shared_ptr<ownership> owned;
  std::function<void(std::vector<instance_report>)> report;  ///< set: other replicas share the consumers
  std::optional<announcer_actor> announcer;                  ///< set: this replica has links
  std::function<consumer_actor(caf::actor_system&, consumer_environment)> start_consumer = spawn_consumer;
  bool joins_at_once = true;  ///< every client that is made joins its group
  consumer_spec spec = example_spec();
  command_context context;  ///< of the commands that follow

  /// Consumers end by being drained, in whatever state the test left them; an actor that is left keeps its system.
  ~supervisor_fixture() {
    if (supervisor) {
      caf::anon_send(supervisor, drain_atom::value);
      for (int second = 0; second < 16; ++second) advance(std::chrono::seconds{1});
      caf::anon_send_exit(supervisor, caf::exit_reason::kill);
    }
    caf::anon_send_exit(store, caf::exit_reason::kill);
    caf::anon_send_exit(rules, caf::exit_reason::kill);
    run();
  }

  /// Every client joins its group at once.
  void begin(std::vector<consumer_spec> from_store = {}) {
    for (const auto& one : from_store) stored->history[one.id.value] = {one};
    begin_with(std::move(from_store));
  }

  /// With nothing loaded from the store yet.
  void begin_unloaded() { begin_with(std::nullopt); }

  void begin_with(std::optional<std::vector<consumer_spec>> from_store) {
    if (joins_at_once) kafka.prepare = [](fake_client_script& script) { script.bring(partitions_assigned{}); };
    supervisor = spawn_supervisor(system(),
                                  {.store = store,
                                   .clients = kafka,
                                   .sinks = sinks,
                                   .measured = measured,
                                   .log = logger::silent(),
                                   .replica = "r1",
                                   .rules = rules,
                                   .masked = [](const consumer_spec& whole) { return whole; },
                                   .changes = changes,
                                   .kept = kept,
                                   .policies = policies,
                                   .owned = owned,
                                   .report = report,
                                   .announcer = announcer,
                                   .look_at_store = report ? [] {} : std::function<void()>{},
                                   .start_consumer = start_consumer},
                                  std::move(from_store), runs_in::scheduler);
    run();
  }

  /// What an asked actor answers, once it has.
  template <class T>
  struct answer {
    std::optional<T> value;
    std::optional<error> refused;
  };

  template <class T, class... Message>
  std::shared_ptr<answer<T>> ask(Message... message) {
    auto into = std::make_shared<answer<T>>();
    actor_fixture::ask<T>(
        supervisor, [into](const T& value) { into->value = value; }, [into](const error& why) { into->refused = why; },
        message...);
    return into;
  }

  std::shared_ptr<answer<create_outcome>> create(const consumer_spec& what) {
    return ask<create_outcome>(create_atom::value, context, std::make_shared<const consumer_spec>(what));
  }
  /// Asks for that configuration, whatever `what` says of its revision.
  std::shared_ptr<answer<consumer_view_ptr>> update(const consumer_spec& what,
                                                    const revision_condition& condition = {}) {
    auto into = std::make_shared<answer<consumer_view_ptr>>();
    actor_fixture::ask<update_outcome>(
        supervisor, [into](const update_outcome& outcome) { into->value = outcome.view; },
        [into](const error& why) { into->refused = why; }, update_atom::value, context, what.id,
        requested_change{to_stored_text(what).value(), condition});
    return into;
  }
  std::shared_ptr<answer<consumer_view_ptr>> start() {
    return ask<consumer_view_ptr>(start_atom::value, context, spec.id);
  }
  std::shared_ptr<answer<consumer_view_ptr>> stop() {
    return ask<consumer_view_ptr>(stop_atom::value, context, spec.id);
  }
  std::shared_ptr<answer<consumer_view_ptr>> give_order(const consumer_order& order) {
    return ask<consumer_view_ptr>(order_atom::value, context, spec.id, order);
  }
  std::shared_ptr<answer<done>> remove(const revision_condition& condition = {}) {
    return ask<done>(delete_atom::value, context, spec.id, condition);
  }
  /// What the supervisor answers; what is kept of earlier answers is the same, or nothing.
  consumer_view_ptr view() {
    const auto before = kept->find(spec.id);
    const auto got = ask<consumer_view_ptr>(get_atom::value, spec.id);
    const auto seen = got->value.value_or(nullptr);
    if (before) BOOST_TEST((seen && shows_the_same(*before, *seen)), "an answer was kept that holds no more");
    return seen;
  }
  consumer_status status() { return view()->status; }

  std::vector<consumer_event> events() { return changes->find(spec.id)->after(); }

  /// Lets drains and closings take their time.
  void settle() {
    for (int tick = 0; tick < 50; ++tick) advance(std::chrono::milliseconds{20});
  }

  fake_client_script& latest() { return *kafka.made.back(); }
  void bring(kafka_event event) {
    latest().bring(std::move(event));
    latest().wake();
    run();
  }
};

}  // namespace kfs::test
