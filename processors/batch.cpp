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

}  // namespace kfs
