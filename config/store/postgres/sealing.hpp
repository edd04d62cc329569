#pragma once

#include <pqxx/pqxx>
#include <string>
#include <vector>

#include "config/base/ids.hpp"
#include "config/store/sealing.hpp"

namespace kfs {

/// Which key the secrets in a shared store are encrypted with, and the move to another key.
///
/// Each replica tells the others which keys it has. The store gets the current key of a replica as soon as every
/// replica that lives has it, and no replica has the store's present key as its own current one. From then on all
/// replicas write with it, and move what was stored before in small transactions, one replica at a time. A replica of
/// an earlier version has no keys: while it lives, the store stays plain.
///
/// Ownership: of the store. Threading: none.
/// Errors: exceptions of libpqxx; result<> for the rest.
class postgres_sealing {
 public:
  postgres_sealing(const spec_sealing& sealing, std::string replica)
      : sealing_(sealing), replica_(std::move(replica)) {}

  /// Tells the keys of this replica, and gives the store the current one if it is time.
  void announce(pqxx::work& transaction);

  /// The text of a consumer for the store as it is now; the key stays until the transaction ends.
  /// Errors: secret_unavailable when this replica does not have the store's key.
  result<std::string> to_text(pqxx::work& transaction, const consumer_spec& spec);

  /// True while something may be stored that is not sealed with the store's key, which this replica has.
  [[nodiscard]] bool has_to_move() const { return !key_.empty() && at_ != moving::done; }

  /// Moves a few rows, and returns the consumers among them. Another replica that moves goes first.
  result<std::vector<consumer_id>> move_some(pqxx::work& transaction);

  /// After a failure: looks at all rows again.
  void begin_again();

 private:
  enum class moving : std::uint8_t { consumers, revisions, done };

  /// Gives the store the current key if it is time. Returns the key of the store, whose row is locked.
  std::string settle(pqxx::work& transaction);
  [[nodiscard]] std::string hindering(pqxx::work& transaction, const std::string& present) const;
  void learn(const std::string& key);
  result<std::vector<consumer_id>> move_consumers(pqxx::work& transaction);
  result<void> move_revisions(pqxx::work& transaction);

  const spec_sealing& sealing_;
  std::string replica_;
  std::string key_;  ///< of the store, if this replica has it
  moving at_ = moving::consumers;
  std::string last_;                ///< the last consumer that was looked at
  std::int64_t last_revision_ = 0;  ///< and its revision
};

}  // namespace kfs
