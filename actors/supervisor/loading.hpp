#pragma once

#include <functional>

#include "actors/supervisor/entries.hpp"
#include "actors/supervisor/faults.hpp"
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

 private:
  void apply_one(const consumer_spec& stored);
  void remove_others(const consumer_spec_list& stored);

  parts with_;
};

}  // namespace kfs
