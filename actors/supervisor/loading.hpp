#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

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
/// A consumer of which a command is under way is left as it is: the command may change what is stored, and the store is
/// asked again.
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
  void refresh(const consumer_id& id, std::function<void(const std::optional<error>&)> then);

 private:
  void apply_one(const consumer_spec& stored);
  void apply_change(const wanted_consumer& wanted);
  void follow_change(const entry_ptr& entry, const consumer_spec& before, const char* event);
  void remove_others(const std::set<std::string>& ids, const std::function<void(const entry_ptr&)>& later);
  void remove(const entry_ptr& entry);

  parts with_;
  std::map<std::string, wanted_consumer> deferred_;  ///< by id: changes of consumers with a command under way
  std::set<std::string> deferred_removals_;          ///< ids of such consumers that were deleted
};

}  // namespace kfs
