#pragma once

#include "cluster/core/placement/board.hpp"

namespace kfs {

/// Places pinned units where they are pinned, and gives those that cannot run there their reason.
void place_pinned(placement_board& board);

/// Places units of several instances: each stays where it is, or goes to the replica with the fewest such instances.
/// Then moves them for balance, from the fullest replicas. Single units must be on the board where they are now.
void place_groups(placement_board& board);

}  // namespace kfs
