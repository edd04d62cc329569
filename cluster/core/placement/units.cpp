#include "cluster/core/placement/units.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>

namespace kfs {

namespace {

using index = placement_board::index;
constexpr auto nowhere = placement_board::nowhere;

/// Places units of several instances.
class group_placement {
 public:
  explicit group_placement(placement_board& board) : board_(board), movable_(board.replicas().size()) {
    for (const auto i : board_.active()) capacity_ += board_.replicas()[i].bounds().most;
    for (index i = 0; i < board_.units().size(); ++i) {
      const auto& unit = board_.units()[i];
      if (!unit.is_pinned && unit.weight() > 1) groups_.push_back(i);
      if (unit.at == nowhere || !board_.is_active(unit.at)) continue;
      load_ += unit.weight();
    }
    // The heaviest first, because they fit least.
    std::ranges::stable_sort(groups_, std::greater{}, [&](index i) { return board_.units()[i].weight(); });
  }

  void keep() {
    for (const auto i : groups_) {
      const auto& unit = board_.units()[i];
      if (board_.is_active(unit.owner) && board_.replicas()[unit.owner].room_beside_fixed() >= unit.weight())
        put(i, unit.owner);
    }
  }

  void place_others() {
    for (const auto i : groups_) {
      const auto& unit = board_.units()[i];
      if (unit.at != nowhere) continue;
      if (const auto to = emptiest(unit, nowhere); to != nowhere) put(i, to);
    }
  }

  void balance(std::size_t singles) {
    while (move_one(singles)) {
    }
  }

 private:
  // Singles give way, as long as they find room elsewhere.
  [[nodiscard]] bool fits(const placement_board::unit& unit, index on) const {
    return board_.replicas()[on].room_beside_fixed() >= unit.weight() && load_ + unit.weight() <= capacity_;
  }

  [[nodiscard]] index emptiest(const placement_board::unit& unit, index giver) const {
    index best = nowhere;
    const auto rank = [&](index on) { return std::pair{board_.replicas()[on].fixed, board_.replicas()[on].load()}; };
    for (const auto on : board_.active()) {
      if (on != giver && fits(unit, on) && (best == nowhere || rank(on) < rank(best))) best = on;
    }
    return best;
  }

  // A replica whose fixed instances exceed the level gives its lightest unit, if the receiver is not fuller than the
  // giver afterwards. The sum of the squares of the loads falls with each move, so moves come to an end.
  bool move_one(std::size_t singles) {
    std::vector<share_bounds> bounds;
    std::vector<index> givers;
    auto total = singles;
    for (const auto i : board_.active()) {
      bounds.push_back(board_.replicas()[i].bounds());
      total += bounds.back().least;
      if (!movable_[i].empty()) givers.push_back(i);
    }
    const auto level = divide_fairly(bounds, total).level;
    std::ranges::stable_sort(givers, std::greater{}, [&](index i) { return board_.replicas()[i].fixed; });
    for (const auto giver : givers) {
      const auto fixed = board_.replicas()[giver].fixed;
      if (fixed <= level) break;
      const auto [weight, moved] = *movable_[giver].begin();
      take_away(moved);
      const auto to = emptiest(board_.units()[moved], giver);
      const bool better = to != nowhere && fixed >= std::max(level, board_.replicas()[to].fixed) + 2 * weight;
      put(moved, better ? to : giver);
      if (better) return true;
    }
    return false;
  }

  void put(index moved, index to) {
    board_.put(moved, to);
    load_ += board_.units()[moved].weight();
    movable_[to].emplace(board_.units()[moved].weight(), moved);
  }

  void take_away(index moved) {
    const auto& unit = board_.units()[moved];
    movable_[unit.at].erase({unit.weight(), moved});
    load_ -= unit.weight();
    board_.take_away(moved);
  }

  placement_board& board_;
  std::vector<index> groups_;
  std::vector<std::set<std::pair<std::size_t, index>>> movable_;  ///< for each replica, the lightest first
  std::size_t capacity_ = 0;
  std::size_t load_ = 0;
};

}  // namespace

void place_pinned(placement_board& board) {
  std::vector<index> pinned;
  for (index i = 0; i < board.units().size(); ++i) {
    if (board.units()[i].is_pinned) pinned.push_back(i);
  }
  // What runs there already comes first.
  std::ranges::stable_partition(pinned, [&](index i) { return board.units()[i].owner == board.units()[i].pinned; });
  for (const auto i : pinned) {
    auto& unit = board.units()[i];
    if (unit.reason) continue;
    const bool stays = unit.pinned != nowhere && unit.owner == unit.pinned;
    if (unit.pinned == nowhere || !(stays || board.is_active(unit.pinned)))
      unit.reason = unassigned_reason::pinned_away;
    else if (board.replicas()[unit.pinned].room_beside_fixed() < unit.weight())
      unit.reason = unassigned_reason::no_capacity;
    else
      board.put(i, unit.pinned);
  }
}

void place_groups(placement_board& board) {
  const auto singles = static_cast<std::size_t>(
      std::ranges::count_if(board.units(), [](const placement_board::unit& unit) { return unit.is_single(); }));
  group_placement groups(board);
  groups.keep();
  groups.place_others();
  groups.balance(singles);
}

}  // namespace kfs
