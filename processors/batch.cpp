#include "processors/batch.hpp"

#include <algorithm>
#include <iterator>

namespace kfs {

remaining_batch::remaining_batch(batch_ptr whole, const record_places& without)
    : batch(whole->source_ptr()), whole_(std::move(whole)) {
  ranges_ = whole_->ranges();
  records_.reserve(whole_->records().size());
  std::ranges::copy_if(whole_->records(), std::back_inserter(records_), [&](const record& one) {
    return !without.contains({one.partition, one.position});
  });
  for (const auto& one : records_) bytes_ += one.key.size() + one.value.size();
}

}  // namespace kfs
