#include "processors/batch.hpp"

#include <algorithm>
#include <iterator>

namespace kfs {

remaining_batch::remaining_batch(batch_ptr whole, const record_places& without)
    : batch(whole->source_ptr()), whole_(std::move(whole)) {
  ranges_ = whole_->ranges();
  records_.reserve(whole_->records().size());
  std::ranges::copy_if(whole_->records(), std::back_inserter(records_), [&](const record& candidate) {
    return !without.contains({candidate.partition, candidate.position});
  });
  for (const auto& kept : records_) bytes_ += kept.key.size() + kept.value.size();
}

joined_batch::joined_batch(batch_ptr first, batch_ptr second)
    : batch(first->source_ptr()), first_(std::move(first)), second_(std::move(second)) {
  records_ = first_->records();
  records_.insert(records_.end(), second_->records().begin(), second_->records().end());
  bytes_ = first_->bytes() + second_->bytes();
  ranges_ = first_->ranges();
  for (const auto& range : second_->ranges()) {
    const auto same = std::ranges::find(ranges_, range.partition, &batch_range::partition);
    if (same == ranges_.end())
      ranges_.push_back(range);
    else
      same->next = range.next;
  }
}

void joined_batch::headers_of(const record& item, std::vector<record_header>& into) const {
  const bool later = std::ranges::any_of(second_->ranges(), [&](const batch_range& range) {
    return range.partition == item.partition && range.first <= item.position && item.position < range.next;
  });
  (later ? second_ : first_)->headers_of(item, into);
}

}  // namespace kfs
