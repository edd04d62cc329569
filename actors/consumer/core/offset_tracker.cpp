#include "actors/consumer/core/offset_tracker.hpp"

#include <algorithm>
#include <cassert>

namespace kfs {

void offset_tracker::delivered(offset next) {
  assert(!position_ || next >= *position_);
  assert(in_hand_.empty() || next > in_hand_.back().next);
  position_ = next;
  in_hand_.push_back({next});
}

void offset_tracker::acknowledged(offset next) {
  const auto found = std::lower_bound(in_hand_.begin(), in_hand_.end(), next,
                                      [](const range& held, offset wanted) { return held.next < wanted; });
  assert(found != in_hand_.end() && found->next == next && !found->durable);
  found->durable = true;
  while (!in_hand_.empty() && in_hand_.front().durable) {
    committable_ = in_hand_.front().next;
    in_hand_.pop_front();
  }
}

}  // namespace kfs
