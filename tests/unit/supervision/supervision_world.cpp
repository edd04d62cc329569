#include "tests/unit/supervision/supervision_world.hpp"

#include <algorithm>
#include <utility>

#include "tests/unit/doubles/shows_the_same.hpp"

namespace kfs::test {

supervision_world::supervision_world() : store_(system().spawn(store_in_memory, stored)) {
  type_.make = [this](const consumer_spec& spec, const processor_spec& processor, const sink_environment&, lifeline,
                      int) -> sink_ptr {
    auto& of = watched(spec, processor);
    of.destination->policy(typed_options(spec.options).on_error.policy);
    return std::make_unique<faulty_sink>(std::make_unique<memory_sink>(of.destination), of.sink);
  };
  kafka.witness = [this](const consumer_spec& spec, const auto& offsets) { check_commit(spec, offsets); };
  supervisor_ = spawn_supervisor(
      system(),
      {.store = store_,
       .clients = kafka,
       .sinks = sinks_,
       .measured = measured_,
       .log = logger::silent(),
       .replica = "r1",
       .rules = rules_,
       .masked = [](const consumer_spec& spec) { return spec; },
       .changes = changes,
       .kept = kept,
       .start_consumer = [this](caf::actor_system& in,
                                consumer_environment of) { return start_consumer(in, std::move(of)); }},
      std::vector<consumer_spec>{}, runs_in::scheduler);
  run();
}

/// An actor that is left keeps its system.
supervision_world::~supervision_world() {
  all_faults_off();
  caf::anon_send(supervisor_, drain_atom::value);
  pass(std::chrono::seconds{40});
  caf::anon_send_exit(supervisor_, caf::exit_reason::kill);
  caf::anon_send_exit(store_, caf::exit_reason::kill);
  caf::anon_send_exit(rules_, caf::exit_reason::kill);
  run();
}

void supervision_world::pass(std::chrono::milliseconds by) {
  const auto end = now() + by;
  while (true) {
    auto next = end;
    if (const auto due = cluster.next_event()) next = std::min(next, *due);
    if (const auto due = next_due()) next = std::min(next, *due);
    next = std::max(next, now());
    const auto wait = std::chrono::nanoseconds(next - now_on_clock());
    cluster.advance_to(next);
    move_clock(wait);
    if (next == end && (!next_due() || *next_due() > end) && (!cluster.next_event() || *cluster.next_event() > end))
      break;
  }
}

// Asking -------------------------------------------------------------------------------------------------------------

consumer_view_ptr supervision_world::view(const consumer_id& of, std::optional<error>* why) {
  const auto before = kept->find(of);
  consumer_view_ptr found;
  bool answered = false;
  ask<consumer_view_ptr>(
      supervisor_,
      [&](const consumer_view_ptr& seen) {
        found = seen;
        answered = true;
      },
      [&](const error& refused) {
        if (why != nullptr) *why = refused;
        answered = true;
      },
      get_atom::value, of);
  if (!answered) complain("a get was not answered at once");
  if (before && !(found && shows_the_same(*before, *found))) complain("an answer was kept that holds no more");
  return found;
}

std::optional<std::vector<consumer_view_ptr>> supervision_world::list() {
  const auto before = kept->all();
  std::optional<std::vector<consumer_view_ptr>> found;
  ask<consumer_views>(
      supervisor_, [&](const consumer_views& all) { found = *all; }, ignore_refusal, list_atom::value);
  if (before && !(found && std::ranges::equal(*before, *found, [](const auto& was, const auto& is) {
                    return shows_the_same(*was, *is);
                  })))
    complain("a list was kept that holds no more");
  return found;
}

std::optional<consumer_spec> supervision_world::wanted(const consumer_id& of) const {
  const auto found = stored->history.find(of.value);
  return found == stored->history.end() ? std::nullopt : std::optional(found->second.back());
}

bool supervision_world::asked(const consumer_id& of) const {
  return std::ranges::any_of(questions, [&](const auto& one) { return one->of == of && !one->answered; });
}

// Parts --------------------------------------------------------------------------------------------------------------

std::string supervision_world::key_of(const consumer_spec& spec, const processor_id& id) {
  return spec.consumer_group + "/" + id.value;
}

bool supervision_world::is_used(const std::string& key) const {
  return std::ranges::any_of(stored->history, [&](const auto& entry) {
    const auto& spec = entry.second.back();
    return std::ranges::any_of(spec.processors, [&](const auto& one) { return key_of(spec, one.id) == key; });
  });
}

watched_processor& supervision_world::watched(const consumer_spec& spec, const processor_spec& processor) {
  auto& of = processors_[key_of(spec, processor.id)];
  if (of.destination) return of;
  of.destination = std::make_shared<memory_destination>(
      key_of(spec, processor.id), spec.consumer_group, cluster, [this](std::string what) { complain(std::move(what)); },
      [this](const std::string& name) { return is_used(name); });
  of.sink->on_rejection = [to = of.destination](const record& one) { to->rejected(record_name::of(one.value)); };
  return of;
}

std::vector<watched_processor*> supervision_world::processors_of(const consumer_spec& spec) {
  std::vector<watched_processor*> found;
  for (const auto& one : spec.processors)
    if (const auto known = processors_.find(key_of(spec, one.id)); known != processors_.end())
      found.push_back(&known->second);
  return found;
}

consumer_actor supervision_world::start_consumer(caf::actor_system& system, consumer_environment environment) {
  environment.find_type = [this](std::string_view) { return &type_; };
  environment.start_processor = [this, spec = environment.spec](caf::actor_system& in, processor_environment of) {
    return start_processor(in, std::move(of), spec);
  };
  const auto id = environment.spec->id.value;
  auto handle = spawn_consumer(system, std::move(environment));
  auto ended = std::make_shared<bool>(false);
  caf::actor_cast<caf::actor>(handle)->attach_functor([ended] { *ended = true; });
  consumers_.insert_or_assign(id, started_instance{handle, std::move(ended)});
  return handle;
}

processor_actor supervision_world::start_processor(caf::actor_system& system, processor_environment environment,
                                                   const consumer_spec_ptr& spec) {
  auto& of = watched(*spec, environment.spec);
  of.hangs_since.reset();
  of.gauge = environment.gauge;
  of.letters = environment.letters;
  return of.handle = spawn_faulty_processor(system, std::move(environment), of.actor);
}

void supervision_world::hang(watched_processor& which) {
  if (!which.handle || which.hangs_since) return;
  ++injected["processor hangs in its sink"];
  freeze(which.handle);
  freeze(which.actor->behind);
  which.gauge->alive(now());
  which.hangs_since = now();
}

void supervision_world::come_back(watched_processor& which) {
  if (!which.hangs_since) return;
  which.hangs_since.reset();
  which.gauge->left();
  thaw(which.actor->behind);
  thaw(which.handle);
}

void supervision_world::hang(const consumer_id& which) {
  const auto found = consumers_.find(which.value);
  if (found == consumers_.end() || hangs_since(which)) return;
  ++injected["consumer hangs"];
  freeze(found->second.handle);
  hanging_.insert_or_assign(which.value, hung_instance{found->second, now()});
}

void supervision_world::come_back(const consumer_id& which) {
  const auto found = hanging_.extract(which.value);
  if (found.empty()) return;
  thaw(found.mapped().hung.handle);
  for (const auto& one : questions)
    if (one->of == which) one->due = now() + answer_bound;
}

std::optional<supervision_world::time_point> supervision_world::hangs_since(const consumer_id& which) const {
  const auto found = hanging_.find(which.value);
  return found == hanging_.end() || *found->second.hung.has_ended ? std::nullopt : std::optional(found->second.since);
}

void supervision_world::mend(watched_processor& which) {
  auto& sink = *which.sink;
  sink.open = sink.write = sink.positions = sink.start_at = sink.close = std::nullopt;
  sink.throws = sink.after_all = false;
  sink.every_nth = 0;
  sink.lie = position_lie::none;
  sink.rejects = nullptr;
  which.actor->now = processor_fault::none;
  come_back(which);
}

void supervision_world::all_faults_off() {
  if (cluster.faults.topic_missing) cluster.make_topic();
  cluster.faults = {};
  for (auto& [key, one] : processors_) mend(one);
  while (!hanging_.empty()) come_back(consumer_id{hanging_.begin()->first});
  for (const auto& [id, history] : stored->history) cluster.claim(history.back().consumer_group, {});
  stored->fails.reset();
  stored->after_all = false;
  thaw_all();
}

/// Nothing may be committed that is not durable in every processor of the consumer.
void supervision_world::check_commit(const consumer_spec& spec, const std::vector<partition_offset>& offsets) {
  for (const auto& one : spec.processors) {
    const auto known = processors_.find(key_of(spec, one.id));
    for (const auto& [partition, position] : offsets) {
      const auto next = known == processors_.end() ? std::nullopt : known->second.destination->next_offset(partition);
      if (next && *next >= position) continue;
      complain("offset " + std::to_string(position.value) + " of partition " + std::to_string(partition) +
               " is committed although " + key_of(spec, one.id) + " has only what lies below " +
               (next ? std::to_string(next->value) : std::string("nothing")));
    }
  }
}

}  // namespace kfs::test
