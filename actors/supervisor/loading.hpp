#pragma once

#include <functional>
#include <optional>
#include <unordered_map>

#include "actors/supervisor/entries.hpp"
#include "actors/supervisor/faults.hpp"
#include "actors/supervisor/front.hpp"
#include "actors/supervisor/ledger_recall.hpp"
#include "actors/supervisor/spawn.hpp"
#include "actors/supervisor/store_link.hpp"
#include "actors/supervisor/turns.hpp"

namespace kfs {

/// Makes the table of consumers agree with what the store holds.
///
/// A consumer of which a command is under way, or which is still ending here, is left as it is until then.
///
/// Several replicas: what a consumer is comes on three ways (the command that changed it, the answer to a question
/// about it, what the store tells of all), and one way may be slower than another. The numbers of changes tell what is
/// later: what is known of a consumer, its absence too, gives way only to what was true after it.
///
/// Ownership and threading: of the supervisor, as is everything that it refers to.
class consumer_loading {
 public:
  struct parts {
    supervisor_front::pointer self;
    const supervisor_environment& environment;
    consumer_entries& entries;
    turns& in_turn;
    consumer_faults& faults;
    store_link& store;
    ledger_recall& recall;
    std::function<void(const entry_ptr&)> reconcile;
    std::function<void(const entry_ptr&)> forget;  ///< takes a removed consumer off the table
  };
  explicit consumer_loading(parts with) : with_(std::move(with)) {}

  /// Adds a consumer to the table; reconcile() starts it.
  entry_ptr adopt(const consumer_spec& stored);
  /// Changes, adds and removes consumers so that they are those.
  void apply(const consumer_spec_list& stored);
  /// Several replicas: the same with what has changed.
  void apply(const wanted_changes& changes);
  /// Applies what had to wait for a command.
  void ticked();
  /// Several replicas: asks the store for one consumer and applies the answer, also when a command of it is under way.
  /// For whoever holds its turn, and for a consumer that is not there: no command changes that.
  void refresh(const consumer_id& id, std::function<void(const std::optional<error>&)> then);

  /// A removed consumer has ended and leaves the table.
  void gone(const consumer_entry& entry);

 private:
  void apply_one(const consumer_spec& stored);
  void begin_anew();
  /// Takes what was found if it is later than what is known; `later`: when the command that is under way is done.
  void learn(const consumer_id& id, const stored_consumer& found, bool later);
  [[nodiscard]] std::uint64_t known_change(const consumer_id& id) const;
  void note_absence(const consumer_id& id, std::uint64_t as_of);
  [[nodiscard]] bool is_ending(const consumer_id& id) const;
  [[nodiscard]] bool is_busy(const consumer_id& id) const;
  void apply_change(const wanted_consumer& wanted);
  void follow_change(const entry_ptr& entry, const consumer_spec& before, const char* event);
  void remove(const entry_ptr& entry);
  void note_loading(const consumer_entry& entry, const char* event) const;

  parts with_;
  std::uint64_t known_up_to_ = 0;                              ///< the last change of which everything is known
  std::unordered_map<consumer_id, stored_consumer> deferred_;  ///< the last that was told of those that are busy
  std::unordered_map<consumer_id, std::uint64_t> gone_;        ///< removed by changes after `known_up_to_`
};

}  // namespace kfs
