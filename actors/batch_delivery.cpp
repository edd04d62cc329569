#include "actors/batch_delivery.hpp"

#include <map>

namespace kfs {

std::string to_text(const record_places& places) {
  constexpr std::size_t most_named = 20;
  std::string text;
  std::size_t named = 0;
  for (const auto& [partition, position] : places) {
    if (named++ == most_named) return text + " and " + std::to_string(places.size() - most_named) + " more";
    if (!text.empty()) text += ", ";
    text += std::to_string(partition) + "/" + std::to_string(position.value);
  }
  return text;
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
