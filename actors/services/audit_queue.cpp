#include "actors/services/audit_queue.hpp"

#include <algorithm>
#include <iterator>

namespace kfs {

void audit_queue::add(audit_entry entry) {
  if (waiting_.size() == most_waiting) {
    waiting_.pop_front();
    ++dropped_;
  }
  waiting_.push_back(std::move(entry));
}

std::shared_ptr<const audit_batch> audit_queue::begin() {
  if (is_writing_) return nullptr;
  if (!batch_) batch_ = next();
  is_writing_ = batch_ != nullptr;
  return batch_;
}

void audit_queue::written() {
  is_writing_ = false;
  batch_.reset();
}

void audit_queue::failed() {
  is_writing_ = false;
  auto once_more = std::make_shared<audit_batch>(*batch_);
  once_more->again = true;
  batch_ = std::move(once_more);
}

std::shared_ptr<const audit_batch> audit_queue::next() {
  if (waiting_.empty() && finished_.empty()) return nullptr;
  auto batch = std::make_shared<audit_batch>();
  const auto end = waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), most_together));
  batch->entries.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  batch->finished = std::exchange(finished_, {});
  return batch;
}

}  // namespace kfs
