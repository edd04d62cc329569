#pragma once

#include "actors/messages.hpp"

namespace kfs::test {

/// Whether an answer that was kept is what the supervisor answers. The time of the last observation may be older.
inline bool shows_the_same(consumer_view kept, const consumer_view& answered) {
  kept.observed_at = answered.observed_at;
  return kept == answered;
}

}  // namespace kfs::test
