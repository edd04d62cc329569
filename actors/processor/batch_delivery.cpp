#include "actors/processor/batch_delivery.hpp"

#include <map>

#include "config/base/text.hpp"

namespace kfs {

std::string to_text(const record_places& places) {
  constexpr std::size_t most_named = 20;
  return listed(places, most_named, [](const record_place& place) {
    return std::to_string(place.first) + "/" + std::to_string(place.second.value);
  });
}

const batch& batch_delivery::remaining() {
  if (std::exchange(stale_, false)) remaining_ = std::make_shared<const remaining_batch>(whole_, left_out_);
  return *remaining_;
}

std::vector<const record*> batch_delivery::find(const rejections& records) const {
  std::map<record_place, const record*> wanted;
  for (const auto& rejected : records) wanted.emplace(record_place{rejected.partition, rejected.position}, nullptr);
  for (const auto& offered : remaining_->records()) {
    if (const auto at = wanted.find({offered.partition, offered.position}); at != wanted.end()) at->second = &offered;
  }
  std::vector<const record*> found;
  found.reserve(records.size());
  for (const auto& rejected : records) found.push_back(wanted.at({rejected.partition, rejected.position}));
  return found;
}

void batch_delivery::join(const batch_ptr& next) {
  whole_ = std::make_shared<const joined_batch>(whole_, next);
  stale_ = true;
}

void batch_delivery::leave_out(const record_places& places) {
  left_out_.insert(places.begin(), places.end());
  stale_ = true;
}

}  // namespace kfs
