#pragma once

#include <set>
#include <tuple>
#include <vector>

#include "cluster/core/placement/board.hpp"

namespace kfs {

/// Places the units of one instance, which level the loads of all replicas.
///
/// Ownership: one call of place(). Threading: none.
class single_placement {
 public:
  using index = placement_board::index;

  explicit single_placement(placement_board& board) : board_(board), here_(board.replicas().size()) {}

  /// Puts every single unit where it is now. The loads may then be uneven and above the capacity.
  void keep_all();

  /// Takes away what a replica has above its share, and places what has no place.
  void level();

 private:
  struct room {
    std::size_t instances = 0;
    index replica = 0;
  };
  struct most_first {
    bool operator()(const room& left, const room& right) const {
      return std::tie(right.instances, left.replica) < std::tie(left.instances, right.replica);
    }
  };
  /// Units that have no place, by the consumer.
  struct homeless {
    std::size_t consumer = 0;
    std::vector<index> units;
  };

  std::vector<std::size_t> shares(std::size_t singles) const;
  void give_up(index replica, std::size_t number);
  [[nodiscard]] std::vector<homeless> without_place(bool running) const;
  void spread(const homeless& consumer);
  void improve_spread(index moved);
  [[nodiscard]] bool swap_for(index moved, index with);
  [[nodiscard]] std::size_t siblings(index of, index on) const;
  void move(index moved, index to);

  placement_board& board_;
  std::vector<std::vector<index>> here_;  ///< single units that were placed anew, by replica
  std::set<room, most_first> room_;       ///< what is left of the shares
  std::vector<index> placed_anew_;
};

}  // namespace kfs
