#include "actors/consumer/core/processor_watch.hpp"

namespace kfs {

void processor_watch::replaced(clock::time_point at) {
  stuck_ = false;
  waiting_ = false;
  proving_ = true;
  moved_ = at;
}

/// The gauge proves nothing about a time in which the process stood still.
std::optional<processor_watch::clock::duration> processor_watch::silent_for(const work_gauge& gauge,
                                                                            clock::time_point at) const {
  const auto since = gauge.unanswered_since();
  if (!since || standstill_.watched(*since, at) < silence_) return std::nullopt;
  return at - *since;
}

bool processor_watch::destination_recovered(const work_gauge& gauge, clock::time_point at) {
  if (proving_) return false;
  if (waiting_ ? silent_for(gauge, at).has_value() : !gauge.takes()) return false;
  waiting_ = false;
  return true;
}

std::optional<processor_watch::clock::duration> processor_watch::hangs_for(const work_gauge& gauge,
                                                                           clock::time_point at) const {
  const auto since = gauge.quiet_since();
  if (!since || standstill_.watched(*since, at) < patience_) return std::nullopt;
  return at - *since;
}

std::optional<processor_watch::clock::duration> processor_watch::idle_for(const work_gauge& gauge, bool busy,
                                                                          clock::time_point at) const {
  if (gauge.quiet_since() || (!proving_ && !busy)) return std::nullopt;
  if (standstill_.watched(moved_, at) < patience_) return std::nullopt;
  return at - moved_;
}

}  // namespace kfs
