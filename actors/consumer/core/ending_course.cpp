#include "actors/consumer/core/ending_course.hpp"

#include <algorithm>

namespace kfs {

void ending_course::begin(clock::duration bound, clock::time_point at) {
  stage_ = stage::settling;
  deadline_ = at + bound;
  joining_deadline_ = at + std::min<clock::duration>(bound, joining_bound);
}

ending_course::step ending_course::next(const situation& now, clock::time_point at) {
  if (!now.failing) {
    failing_since_.reset();
  } else if (!failing_since_) {
    failing_since_ = at;
  }
  const bool in_vain = now.hopeless || (failing_since_ && at - *failing_since_ >= failing_bound);
  const bool joining = !now.may_leave && at < joining_deadline_;
  if (in_vain || overdue(at) || (now.settled && !joining)) return step::commit_and_close;
  return now.idle ? step::commit : step::wait;
}

void ending_course::close(clock::time_point at) {
  const auto bound = overdue(at) ? overdue_closing_bound : closing_bound;
  stage_ = stage::closing;
  deadline_ = at + bound;
}

}  // namespace kfs
