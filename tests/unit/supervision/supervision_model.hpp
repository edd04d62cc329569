#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/unit/supervision/supervision_world.hpp"

namespace kfs::test {

/// What many sequences have met, and how.
struct model_coverage {
  using transition = std::pair<consumer_state, consumer_state>;
  /// State, status, whether it shall run, whether an attempt is announced, where the fault is.
  using situation = std::tuple<consumer_state, consumer_status, bool, bool, std::string>;

  std::map<transition, std::uint64_t> transitions;
  std::set<situation> situations;
  std::map<std::string, std::uint64_t> faults;  ///< injected, by kind
  std::uint64_t steps = 0;
  std::uint64_t sequences = 0;
  std::uint64_t records = 0;  ///< written by sinks
  std::uint64_t repeats = 0;  ///< skipped by sinks

  static std::vector<transition> legal();
  [[nodiscard]] std::vector<transition> missed() const;
};

/// How reports name a consumer.
inline std::string last_two(const consumer_id& id) {
  return id.value.substr(id.value.size() - 2);
}

/// The contract of the supervisor, small enough to be read, held against what it says of each consumer.
///
/// What is wanted is what the store holds. Where a command is under way, or the store failed lately, only that is
/// checked which holds always.
///
/// Ownership and threading: one a world, which it outlives not.
class supervision_model {
 public:
  supervision_model(supervision_world& world, model_coverage& coverage) : world_(world), coverage_(coverage) {}

  /// A command was given, or something done to the consumer that may change what it is in.
  void disturbed(const consumer_id& who) { known_[who.value].disturbed = world_.now(); }
  void store_failed() { store_failed_ = world_.now(); }

  /// Called after each step.
  void check();

  /// All faults are off: within minutes everything is as it is wanted, and everything delivered.
  void check_settling();

  /// Nobody tries again before a user does.
  [[nodiscard]] bool gave_up(const consumer_id& who) const;

 private:
  using time_point = supervision_world::time_point;
  struct known_consumer {
    consumer_id id;
    event_log_ptr events;
    std::uint64_t last_event = 0;
    consumer_state state = consumer_state::stopped;
    bool gave_up = false;
    bool had_several = false;  ///< instances: its state is the worst of theirs, and takes any way
    time_point disturbed;
  };

  void check_one(const consumer_id& id);
  void check_view(known_consumer& of, const consumer_view& seen);
  void check_honesty(known_consumer& of, const consumer_view& seen, const consumer_spec& spec);
  void check_processors(known_consumer& of, const consumer_view& seen, const consumer_spec& spec);
  void follow(known_consumer& of, const consumer_view& seen);
  void moved(known_consumer& of, consumer_state to);
  [[nodiscard]] bool quiet(const consumer_id& id) const;
  [[nodiscard]] bool store_is_well() const;
  [[nodiscard]] std::string unsettled(const consumer_id& id, bool stopped);
  void complain(const consumer_id& id, const std::string& what, const consumer_view* seen = nullptr);

  supervision_world& world_;
  model_coverage& coverage_;
  std::map<std::string, known_consumer> known_;
  std::optional<time_point> store_failed_;
  std::optional<time_point> broker_away_since_;
};

}  // namespace kfs::test
