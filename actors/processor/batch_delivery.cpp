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

const batch& batch_delivery::left() {
  if (std::exchange(stale_, false)) left_ = std::make_shared<const remaining_batch>(whole_, left_out_);
  return *left_;
}

std::vector<const record*> batch_delivery::find(const rejections& refused) const {
  std::map<record_place, const record*> wanted;
  for (const auto& one : refused) wanted.emplace(record_place{one.partition, one.position}, nullptr);
  for (const auto& one : left_->records()) {
    if (const auto at = wanted.find({one.partition, one.position}); at != wanted.end()) at->second = &one;
  }
  std::vector<const record*> found;
  for (const auto& one : refused) found.push_back(wanted.at({one.partition, one.position}));
  return found;
}

void batch_delivery::leave_out(const record_places& places) {
  left_out_.insert(places.begin(), places.end());
  stale_ = true;
}

}  // namespace kfs
