#include "cluster/core/placement/placement.hpp"

#include "cluster/core/placement/board.hpp"
#include "cluster/core/placement/singles.hpp"
#include "cluster/core/placement/units.hpp"

namespace kfs {

const char* to_string(unassigned_reason reason) noexcept {
  switch (reason) {
    case unassigned_reason::no_replica:
      return "no_replica";
    case unassigned_reason::no_capacity:
      return "no_capacity";
    case unassigned_reason::pinned_away:
      return "pinned_away";
    case unassigned_reason::pins_disagree:
      return "pins_disagree";
  }
  return "";
}

std::vector<placed_instance> place(std::span<const placement_replica> replicas,
                                   std::span<const placement_instance> instances) {
  placement_board board(replicas, instances);
  place_pinned(board);
  single_placement singles(board);
  singles.keep_all();
  place_groups(board);
  singles.level();
  for (std::size_t i = 0; i < board.units().size(); ++i) {
    const auto& unit = board.units()[i];
    const bool runs_on_draining = unit.owner != placement_board::nowhere && !board.is_active(unit.owner);
    if (unit.at == placement_board::nowhere && runs_on_draining && !unit.is_pinned) board.put(i, unit.owner);
  }
  return board.result();
}

}  // namespace kfs
