#include "tests/unit/supervision/supervision_model.hpp"

#include <algorithm>

#include "actors/status_names.hpp"

namespace kfs::test {
namespace {

using namespace std::chrono_literals;
using state = consumer_state;

constexpr std::array all_states{state::stopped, state::starting, state::running,
                                state::waiting, state::draining, state::error};

}  // namespace

std::vector<model_coverage::transition> model_coverage::legal() {
  std::vector<transition> all;
  for (const auto from : all_states)
    for (const auto to : all_states)
      if (can_follow(from, to)) all.emplace_back(from, to);
  return all;
}

std::vector<model_coverage::transition> model_coverage::missed() const {
  auto all = legal();
  std::erase_if(all, [this](const auto& one) { return transitions.contains(one); });
  return all;
}

void supervision_model::complain(const consumer_id& id, const std::string& what, const consumer_view* seen) {
  std::string all = "consumer " + last_two(id) + ": " + what;
  if (seen != nullptr) {
    all += " [" + std::string(to_string(seen->status)) + ", " + std::string(to_string(seen->state));
    all += seen->spec->target == target_state::started ? ", wanted started" : ", wanted stopped";
    const auto number = [](const std::optional<offset>& one) { return one ? std::to_string(one->value) : "none"; };
    for (const auto& one : seen->partitions)
      all += ", partition " + std::to_string(one.partition) + " began at " + number(one.start) + ", is at " +
             number(one.position) + ", committed " + number(one.committed) + " of " + number(one.log_end);
    for (const auto& one : seen->processors)
      all += ", " + one.report.id.value + " " + std::string(to_string(one.state));
    if (seen->last_error)
      all += ", " + std::string(to_string(seen->last_error->code)) + " of " + to_string(seen->last_error->source) +
             ": " + seen->last_error->message;
    all += "]";
    const auto log = world_.changes->find(id);
    const auto events = log ? log->after() : std::vector<consumer_event>{};
    constexpr std::ptrdiff_t shown = 12;
    const auto first = std::max(events.begin(), events.end() - std::min<std::ptrdiff_t>(shown, std::ssize(events)));
    std::for_each(first, events.end(), [&](const consumer_event& one) {
      all += "\n    event " + std::to_string(one.number) + " " + std::string(to_string(one.kind)) + ": " + one.message;
    });
  }
  world_.complain(all);
}

// What holds always --------------------------------------------------------------------------------------------------

void supervision_model::check() {
  std::erase_if(world_.questions, [](const auto& one) { return one->answered; });
  for (const auto& one : world_.questions)
    if (world_.now() > one->due && !world_.hangs_since(one->of))
      complain(one->of, "\"" + one->what + "\" was never answered");
  if (world_.stored->fails) store_failed();
  if (world_.cluster.faults.answers())
    broker_away_since_.reset();
  else if (!broker_away_since_)
    broker_away_since_ = world_.now();
  std::set<std::string> ids;
  for (const auto& [id, history] : world_.stored->history) ids.insert(id);
  for (const auto& [id, of] : known_) ids.insert(id);
  for (const auto& id : ids) check_one({id});
  const auto all = world_.list();
  if (!all || !store_is_well()) return;
  std::set<std::string> listed;
  for (const auto& view : *all) listed.insert(view->spec->id.value);
  for (const auto& id : ids)
    if (quiet({id}) && listed.contains(id) != world_.wanted({id}).has_value())
      complain({id}, "is listed, or not, unlike what is stored");
}

bool supervision_model::store_is_well() const {
  return !store_failed_ || world_.now() - *store_failed_ > 40s;
}

/// No command is under way, and what the supervisor knows is what the store holds.
bool supervision_model::quiet(const consumer_id& id) const {
  return store_is_well() && !world_.asked(id);
}

void supervision_model::check_one(const consumer_id& id) {
  auto& of = known_[id.value];
  of.id = id;
  std::optional<kfs::error> refused;
  const auto seen = world_.view(id, &refused);
  const auto wanted = world_.wanted(id);
  if (quiet(id)) {
    if (!seen && (wanted || refused->code != ec::not_found)) complain(id, "is not known: " + refused->message);
    if (seen && !wanted) complain(id, "was deleted and is there", seen.get());
    if (seen && wanted && *seen->spec != *wanted) complain(id, "is another one than the stored one", seen.get());
  }
  if (!seen) {
    if (refused->code == ec::not_found) of.events.reset();
    return;
  }
  check_view(of, *seen);
  of.had_several |= typed_options(seen->spec->options).instances > 1;
  follow(of, *seen);
  if (quiet(id) && wanted) check_honesty(of, *seen, *wanted);
}

void supervision_model::check_view(known_consumer& of, const consumer_view& seen) {
  const auto& id = of.id;
  const bool is_error = seen.status == consumer_status::error;
  if (is_error != seen.last_error.has_value()) complain(id, "ERROR and last_error do not go together", &seen);
  if (seen.last_error) {
    const auto& source = seen.last_error->source;
    if (source.is_processor() == source.processor.value.empty())
      complain(id, "has an error of an unknown source", &seen);
    if (seen.last_error->message.empty()) complain(id, "has an error that says nothing", &seen);
  }
  if (!is_error && seen.recovery) complain(id, "recovers although nothing is wrong", &seen);
  if (seen.status == consumer_status::inactive && seen.state != state::stopped)
    complain(id, "is INACTIVE and not stopped", &seen);
  if (seen.observed && *seen.observed > seen.spec->rev) complain(id, "runs a revision that is not there yet", &seen);
  if (seen.observed && seen.state == state::stopped) complain(id, "is stopped and runs", &seen);
  coverage_.situations.insert({seen.state, seen.status, seen.spec->target == target_state::started,
                               seen.recovery.has_value(),
                               seen.last_error ? to_string(seen.last_error->source).substr(0, 9) : std::string()});
}

/// Events have numbers without gaps, and tell of legal moves only; those to and from waiting are not told.
void supervision_model::follow(known_consumer& of, const consumer_view& seen) {
  if (const auto events = world_.changes->find(of.id); of.events != events) {
    of.events = events;
    of.last_event = 0;
    of.state = state::stopped;
    of.gave_up = false;
  }
  const auto kept = of.events->after();
  bool unknown = false;  // what happened between two events
  for (const auto& one : of.events->after(of.last_event)) {
    // More came than are kept: their numbers go on.
    const bool dropped = kept.size() == event_log::most_kept && one.number == kept.front().number;
    unknown = unknown || dropped;
    if (one.number != of.last_event + 1 && !dropped)
      complain(of.id, "event " + std::to_string(one.number) + " follows " + std::to_string(of.last_event), &seen);
    of.last_event = one.number;
    if (one.kind == event_kind::gave_up) of.gave_up = true;
    if (one.kind == event_kind::start_requested || one.kind == event_kind::updated ||
        one.kind == event_kind::stop_requested || one.kind == event_kind::loaded)
      of.gave_up = false;
    if (one.kind != event_kind::state_changed) continue;
    if (!one.states) {
      complain(of.id, "a change of state does not tell the states: " + one.message);
      continue;
    }
    const auto [from, to] = *one.states;
    // Another replica had the store meanwhile.
    if ((to == state::starting || to == state::running) && store_failed_) of.gave_up = false;
    if (unknown) of.state = from;
    unknown = false;
    moved(of, from);
    moved(of, to);
  }
  if (unknown) of.state = seen.state;
  moved(of, seen.state);
}

void supervision_model::moved(known_consumer& of, consumer_state to) {
  if (of.state == to) return;
  if (of.state != state::waiting && to != state::waiting && !can_follow(of.state, to)) moved(of, state::waiting);
  if (!can_follow(of.state, to)) {
    if (!of.had_several)
      complain(of.id, "went from " + std::string(to_string(of.state)) + " to " + std::string(to_string(to)));
    of.state = to;
    return;
  }
  ++coverage_.transitions[{of.state, to}];
  of.state = to;
}

bool supervision_model::gave_up(const consumer_id& who) const {
  const auto found = known_.find(who.value);
  return found != known_.end() && found->second.gave_up;
}

// What holds while nobody asks for anything --------------------------------------------------------------------------

void supervision_model::check_honesty(known_consumer& of, const consumer_view& seen, const consumer_spec& spec) {
  const auto now = world_.now();
  const auto since = now - std::max(of.disturbed, store_failed_.value_or(time_point{}));
  if (spec.target == target_state::stopped) {
    // A stop was answered, or a change that stops; what was loaded had its time.
    if (seen.status != consumer_status::inactive && since > 40s && !world_.hangs_since(of.id))
      complain(of.id, "was stopped and is not", &seen);
    return;
  }
  if (seen.status == consumer_status::inactive) complain(of.id, "was started and is INACTIVE", &seen);
  const auto options = typed_options(spec.options);
  if (of.gave_up) {
    if (seen.recovery) complain(of.id, "gave up and tries again", &seen);
    const bool may = !options.recovery.enabled || options.recovery.max_attempts ||
                     !options.recovery.fatal_codes.empty() || options.on_error.policy == rejection_policy::stop;
    if (!may) complain(of.id, "gave up although it shall try for ever", &seen);
    if (seen.status != consumer_status::error) complain(of.id, "gave up and is not in ERROR", &seen);
    return;
  }
  // After a start, an end that was under way takes its time first.
  if (broker_away_since_ && now - *broker_away_since_ > 20s && since > 35s && seen.status != consumer_status::error)
    complain(of.id, "no broker answers, and it is not in ERROR", &seen);
  if (const auto hangs = world_.hangs_since(of.id)) {
    const bool one_member = typed_options(spec.options).instances == 1;
    if (one_member && now - *hangs > 25s && since > 25s && seen.observed && seen.status != consumer_status::error)
      complain(of.id, "the consumer hangs, and it is not in ERROR", &seen);
  } else if (seen.state != state::draining && since > 1s) {
    check_processors(of, seen, spec);
  }
}

void supervision_model::check_processors(known_consumer& of, const consumer_view& seen, const consumer_spec& spec) {
  const auto now = world_.now();
  const auto patience = typed_options(spec.options).recovery.processor_timeout + 8s;
  for (auto* one : world_.processors_of(spec)) {
    const bool runs = seen.observed.has_value();
    if (runs && one->sink->failed.value_or(false) && one->actor->now == processor_fault::none && !one->hangs_since &&
        seen.status != consumer_status::error)
      complain(of.id, "a sink failed, and it is not in ERROR", &seen);
    // A consumer that hung itself meanwhile begins to watch anew.
    const auto watched = one->hangs_since ? now - std::max(*one->hangs_since, of.disturbed) : 0s;
    if (runs && watched > patience && seen.status != consumer_status::error)
      complain(of.id, "a processor hangs in its sink, and it is not in ERROR", &seen);
  }
}

// When everything is well again --------------------------------------------------------------------------------------

std::string supervision_model::unsettled(const consumer_id& id, bool stopped) {
  const auto wanted = world_.wanted(id);
  const auto seen = world_.view(id);
  if (!wanted || !seen) return wanted ? "it is not known" : "";
  const auto status = stopped ? consumer_status::inactive : consumer_status::active;
  if (seen->status != status) return "it is not " + std::string(to_string(status));
  const auto& committed = world_.cluster.committed(wanted->consumer_group);
  for (std::size_t index = 0; index < world_.cluster.partitions(); ++index) {
    const auto partition = static_cast<partition_number>(index);
    const auto end = world_.cluster.log(partition).end;
    const auto found = committed.find(partition);
    const auto position = found == committed.end() ? 0 : found->second.position;
    if (position != end)
      return "offset " + std::to_string(position) + " of partition " + std::to_string(partition) +
             " is committed, whose end is " + std::to_string(end);
  }
  for (const auto* one : world_.processors_of(*wanted))
    if (const auto missing = one->destination->missing(); !missing.empty()) return missing;
  return "";
}

void supervision_model::check_settling() {
  constexpr auto bound = 6min;
  constexpr auto look = 10s;
  std::vector<consumer_id> started;
  for (const auto& [id, history] : world_.stored->history)
    if (history.back().target == target_state::started) started.push_back({id});
  for (const auto& id : started) {
    if (!gave_up(id)) continue;
    disturbed(id);
    world_.command<consumer_view_ptr>(
        "start", id, [](const auto&) {}, start_atom::value, command_context{}, id);
  }
  std::string what = "it was not looked at";
  for (auto waited = 0s; waited < bound && !what.empty(); waited += look) {
    world_.pass(look);
    check();
    if (!world_.complaints.empty()) return;
    what.clear();
    for (const auto& id : started)
      if (what.empty()) what = unsettled(id, false);
  }
  for (const auto& id : started)
    if (const auto open = unsettled(id, false); !open.empty())
      complain(id, "is not settled although nothing is wrong any more: " + open, world_.view(id).get());
  if (!world_.complaints.empty()) return;
  for (const auto& id : started) {
    disturbed(id);
    world_.command<consumer_view_ptr>(
        "stop", id, [](const auto&) {}, stop_atom::value, command_context{}, id);
  }
  world_.pass(20s);
  check();
  for (const auto& id : started) {
    if (const auto open = unsettled(id, true); !open.empty()) complain(id, "did not stop well: " + open);
    disturbed(id);
    world_.command<consumer_view_ptr>(
        "start", id, [](const auto&) {}, start_atom::value, command_context{}, id);
  }
}

}  // namespace kfs::test
