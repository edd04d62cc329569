#include "tests/unit/supervision/supervision_steps.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace kfs::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t consumers = 3;

void add(std::map<std::string, std::uint64_t>& to, const std::map<std::string, std::uint64_t>& what) {
  for (const auto& [kind, count] : what) to[kind] += count;
}

}  // namespace

supervision_sequence::supervision_sequence(std::uint64_t seed, model_coverage& coverage)
    : random_(seed), seed_(seed), coverage_(coverage), model_(world_, coverage) {
  world_.cluster.tells_topic_ids = seed % 2 == 0;
}

const std::vector<supervision_sequence::kind>& supervision_sequence::kinds() {
  using self = supervision_sequence;
  static const std::vector<kind> all{{4, &self::create},
                                     {6, &self::update},
                                     {7, &self::start},
                                     {4, &self::stop},
                                     {2, &self::remove},
                                     {34, &self::wait},
                                     {22, &self::records},
                                     {2, &self::trim},
                                     {1, &self::recreate_topic},
                                     {2, &self::restart_logs_amid_faults},
                                     {2, &self::order_offset},
                                     {4, &self::rebalance},
                                     {6, &self::cluster_fault},
                                     {3, &self::client_fault},
                                     {8, &self::sink_fault},
                                     {5, &self::processor_fault_on},
                                     {6, &self::hang_or_come_back},
                                     {4, &self::kill},
                                     {2, &self::store_fault},
                                     {9, &self::mend}};
  return all;
}

bool supervision_sequence::run(std::uint64_t steps) {
  ++coverage_.sequences;
  bool well = true;
  for (std::uint64_t number = 0; number < steps && well; ++number) well = step();
  if (well) settle();
  well = world_.complaints.empty();
  add(coverage_.faults, world_.injected);
  for (const auto& [key, one] : world_.processors()) {
    add(coverage_.faults, one.sink->injected);
    add(coverage_.faults, one.actor->injected);
    coverage_.records += one.destination->records();
    coverage_.repeats += one.destination->skipped();
  }
  return well;
}

bool supervision_sequence::step() {
  int all = 0;
  for (const auto& one : kinds()) all += one.weight;
  auto at = static_cast<int>(below(static_cast<std::uint64_t>(all)));
  ++coverage_.steps;
  if (one_in(70)) {
    settle();
    return world_.complaints.empty();
  }
  if (world_.stored->history.empty()) at = 0;  // with nobody there, somebody is created
  for (const auto& one : kinds()) {
    at -= one.weight;
    if (at >= 0) continue;
    taken_.push_back((this->*one.take)());
    break;
  }
  world_.run();
  model_.check();
  return world_.complaints.empty();
}

void supervision_sequence::settle() {
  taken_.emplace_back("all faults off, and some minutes");
  world_.all_faults_off();
  model_.store_failed();
  world_.pass(45s);  // what was loaded again from the store, and stops, has its time
  model_.check();
  if (world_.complaints.empty()) model_.check_settling();
}

std::string supervision_sequence::report() const {
  std::string text = "seed " + std::to_string(seed_) + ", step " + std::to_string(taken_.size()) + ":\n";
  for (const auto& one : world_.complaints) text += "  VIOLATION: " + one + "\n";
  const std::size_t shown = 50;
  for (std::size_t i = taken_.size() > shown ? taken_.size() - shown : 0; i < taken_.size(); ++i)
    text += "  " + std::to_string(i + 1) + ". " + taken_[i] + "\n";
  return text + "replay: KFS_MODEL_SEED=" + std::to_string(seed_) + " KFS_MODEL_SEQUENCES=1 " +
         "unit_tests --run_test=supervision_model\n";
}

// Choosing -----------------------------------------------------------------------------------------------------------

/// From 1 ms to 90 s, each order of magnitude as often.
std::chrono::milliseconds supervision_sequence::some_time() {
  const auto exponent = static_cast<double>(below(1'000)) / 1'000 * std::log(90'000);
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::exp(exponent)));
}

consumer_id supervision_sequence::some_id() {
  const auto& there = world_.stored->history;
  if (there.empty() || one_in(30)) return example_spec("1" + std::to_string(below(consumers))).id;
  return {std::next(there.begin(), static_cast<std::ptrdiff_t>(below(there.size())))->first};
}

consumer_id supervision_sequence::some_missing_id() {
  auto id = example_spec("1" + std::to_string(below(consumers))).id;
  for (std::size_t tries = 0; tries < consumers && world_.wanted(id); ++tries)
    id = example_spec("1" + std::to_string(below(consumers))).id;
  return id;
}

watched_processor* supervision_sequence::some_processor(const consumer_id& of) {
  const auto wanted = world_.wanted(of);
  if (!wanted) return nullptr;
  const auto all = world_.processors_of(*wanted);
  return all.empty() ? nullptr : all[below(all.size())];
}

/// Some of those that were there, and new ones.
std::vector<processor_spec> supervision_sequence::some_processors(const std::vector<processor_spec>& before) {
  std::vector<processor_spec> made;
  for (const auto& one : before)
    if (!one_in(3)) made.push_back(one);
  while (made.size() < 3 && (made.empty() ? !one_in(8) : one_in(3)))
    made.push_back({.id = {"p" + std::to_string(++names_)},
                    .type = "memory",
                    .config = json::object(),
                    .created_at = {},
                    .updated_at = {}});
  return made;
}

json supervision_sequence::some_options() {
  json options = json::object();
  if (one_in(3)) options["stop_timeout_ms"] = std::array{200, 2'000, 8'000}[below(3)];
  if (one_in(2))
    options["batch"] = {{"max_messages", std::array{1, 3, 7, 100}[below(4)]},
                        {"max_wait_ms", std::array{0, 0, 0, 300}[below(4)]}};
  if (one_in(5)) options["instances"] = 2;
  if (one_in(2)) {
    json recovery = json::object();
    recovery["processor_timeout_ms"] = std::array{3'000, 10'000}[below(2)];
    if (one_in(4)) recovery["processor_restarts"] = below(2);
    if (one_in(8)) recovery["enabled"] = false;
    if (one_in(6)) recovery["max_attempts"] = 2;
    if (one_in(8)) recovery["fatal_codes"] = json::array({"sink_denied", "authentication_failed"});
    if (one_in(3)) recovery["initial_backoff_ms"] = 100, recovery["max_backoff_ms"] = 2'000;
    options["recovery"] = recovery;
  }
  if (one_in(2)) {
    const auto* policy = std::array{"retry", "dead_letter", "skip", "stop"}[below(4)];
    options["on_error"] = {{"policy", policy}, {"max_attempts", 1 + below(3)}};
  }
  return options;
}

error supervision_sequence::some_error() {
  switch (below(3)) {
    case 0:
      return {ec::sink_unavailable, "the destination is away"};
    case 1:
      return {ec::sink_denied, "the destination refuses"};
    default:
      return {ec::sink_unavailable, "the destination asks for a pause",
              std::chrono::milliseconds(1'000 * (1 + below(8)))};
  }
}

// What users ask for -------------------------------------------------------------------------------------------------

std::string supervision_sequence::create() {
  const auto id = some_missing_id();
  auto spec = example_spec();
  spec.id = id;
  spec.consumer_group = "g" + std::to_string(++names_);
  spec.created_at = spec.updated_at = timestamp(std::chrono::milliseconds(names_));
  spec.target = one_in(4) ? target_state::stopped : target_state::started;
  spec.options = some_options();
  spec.processors = some_processors({});
  model_.disturbed(id);
  world_.command<create_outcome>(
      "create", id, [](const auto&) {}, create_atom::value, command_context{},
      std::make_shared<const consumer_spec>(spec));
  return "create " + last_two(id) + " with " + std::to_string(spec.processors.size()) + " processors and " +
         spec.options.dump();
}

std::string supervision_sequence::update() {
  const auto id = some_id();
  const auto seen = world_.view(id);
  if (!seen) return "update " + last_two(id) + ", which is not there";
  auto spec = *seen->spec;
  std::string what = "update " + last_two(id);
  const auto before = spec;
  if (one_in(2)) {
    spec.processors = some_processors(spec.processors);
    what += ", processors";
    for (const auto& one : spec.processors) what += " " + one.id.value;
  }
  if (one_in(2)) {
    spec.options = some_options();
    what += ", options " + spec.options.dump();
  }
  if (one_in(6)) {
    spec.consumer_group = "g" + std::to_string(++names_);
    what += ", group " + spec.consumer_group;
  }
  if (one_in(10)) ++spec.broker_port, what += ", another port";
  revision_condition condition;
  if (one_in(8)) {
    condition = revision_condition::only(revision{before.rev.value + static_cast<std::int64_t>(below(3)) - 1});
    what += ", perhaps stale";
  }
  model_.disturbed(id);
  world_.command<update_outcome>(
      "update", id, [this, id](const auto&) { model_.disturbed(id); }, update_atom::value, command_context{}, id,
      requested_change{to_stored_text(spec).value(), condition});
  return what;
}

std::string supervision_sequence::start() {
  const auto id = some_id();
  model_.disturbed(id);
  world_.command<consumer_view_ptr>(
      "start", id, [this, id](const auto&) { model_.disturbed(id); }, start_atom::value, command_context{}, id);
  return "start " + last_two(id);
}

std::string supervision_sequence::stop() {
  const auto id = some_id();
  model_.disturbed(id);
  world_.command<consumer_view_ptr>(
      "stop", id,
      [this, id](const consumer_view_ptr& seen) {
        model_.disturbed(id);
        const bool stopped = seen->status == consumer_status::inactive;
        if (!stopped && seen->spec->target == target_state::stopped)
          world_.complain("a stop of " + last_two(id) + " was answered although it is not stopped");
      },
      stop_atom::value, command_context{}, id);
  return "stop " + last_two(id);
}

std::string supervision_sequence::remove() {
  const auto id = some_id();
  revision_condition condition;
  if (one_in(3)) condition = revision_condition::only(revision{static_cast<std::int64_t>(1 + below(4))});
  model_.disturbed(id);
  world_.command<done>(
      "delete", id, [](const auto&) {}, delete_atom::value, command_context{}, id, condition);
  return "delete " + last_two(id) + (condition.tags.empty() ? "" : " at revision " + condition.tags.front());
}

}  // namespace kfs::test
