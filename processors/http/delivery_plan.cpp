#include "processors/http/delivery_plan.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

namespace kfs {
namespace {

std::size_t spread(const record& entry) {
  return entry.has_key ? std::hash<std::string_view>{}(entry.key) : static_cast<std::size_t>(entry.position.value);
}

}  // namespace

delivery_plan::delivery_plan(const std::vector<record>& records, delivery_order order, limits bounds,
                             const record_places& accepted)
    : records_(records),
      one_at_a_time_(order != delivery_order::none),
      past_rejected_(bounds.past_rejected),
      accepted_(records.size()),
      missing_(records.size()) {
  sort_into_lanes(order, order == delivery_order::key ? std::max<std::size_t>(bounds.lanes, 1) : 1);
  cut_into_requests(bounds, accepted);
}

void delivery_plan::sort_into_lanes(delivery_order order, std::size_t lanes_a_partition) {
  std::map<partition_number, std::size_t> first_lane;  // of each partition
  std::vector<std::size_t> lane_at(records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) {
    const auto& entry = records_[i];
    const auto [found, added] = first_lane.try_emplace(entry.partition, lanes_.size());
    if (added) lanes_.resize(lanes_.size() + lanes_a_partition);
    lane_at[i] = found->second + (order == delivery_order::key ? spread(entry) % lanes_a_partition : 0);
  }
  std::vector<std::size_t> next(lanes_.size() + 1);
  for (const auto at : lane_at) ++next[at + 1];
  std::partial_sum(next.begin(), next.end(), next.begin());
  lane_ends_.assign(next.begin() + 1, next.end());
  order_.resize(records_.size());
  for (std::size_t i = 0; i < records_.size(); ++i) order_[next[lane_at[i]]++] = static_cast<std::uint32_t>(i);
}

void delivery_plan::cut_into_requests(const limits& bounds, const record_places& accepted) {
  std::size_t begin = 0;
  for (std::size_t index = 0; index < lanes_.size(); ++index) {
    std::size_t bytes = 0;
    for (auto at = begin; at < lane_ends_[index]; ++at) {
      const auto size = records_[order_[at]].value.size();
      if (at > begin && (at - begin == bounds.records || bytes + size > bounds.bytes)) {
        add_request({index, begin, at}, accepted);
        begin = at;
        bytes = 0;
      }
      bytes += size;
    }
    if (begin < lane_ends_[index]) add_request({index, begin, lane_ends_[index]}, accepted);
    begin = lane_ends_[index];
    std::reverse(lanes_[index].waiting.begin(), lanes_[index].waiting.end());
    make_ready(index);
  }
}

/// Leaves out accepted records, and keeps the others together.
void delivery_plan::add_request(const request& whole, const record_places& accepted) {
  auto& waiting = lanes_[whole.lane].waiting;
  if (accepted.empty()) {
    waiting.push_back(whole);
    return;
  }
  auto from = whole.begin;
  for (auto at = whole.begin; at < whole.end; ++at) {
    const auto& entry = records_[order_[at]];
    if (!accepted.contains({entry.partition, entry.position})) continue;
    accepted_[order_[at]] = true;
    --missing_;
    if (from < at) waiting.push_back({whole.lane, from, at});
    from = at + 1;
  }
  if (from < whole.end) waiting.push_back({whole.lane, from, whole.end});
}

void delivery_plan::make_ready(std::size_t at) {
  auto& own_lane = lanes_[at];
  if (own_lane.ready || own_lane.stopped || own_lane.waiting.empty()) return;
  own_lane.ready = true;
  ready_.push_back(at);
}

bool delivery_plan::has_next() {
  while (!ready_.empty()) {
    auto& front = lanes_[ready_.front()];
    if (!front.stopped) return true;
    front.ready = false;
    ready_.pop_front();
  }
  return false;
}

delivery_plan::request delivery_plan::next() {
  const auto at = ready_.front();
  ready_.pop_front();
  auto& from = lanes_[at];
  from.ready = false;
  const auto taken = from.waiting.back();
  from.waiting.pop_back();
  if (!one_at_a_time_) make_ready(at);
  return taken;
}

void delivery_plan::accepted(const request& sent) {
  for (const auto index : records_of(sent)) accepted_[index] = true;
  missing_ -= sent.end - sent.begin;
  newly_accepted_ += sent.end - sent.begin;
  make_ready(sent.lane);
}

void delivery_plan::faulted(const request& sent) {
  lanes_[sent.lane].stopped = true;
}

bool delivery_plan::rejected(const request& sent) {
  auto& own_lane = lanes_[sent.lane];
  if (sent.end - sent.begin == 1) {
    --missing_;
    ++rejected_;
    const bool passes = past_rejected_ > 0 && (newly_accepted_ > 0 || rejected_ < past_rejected_);
    if (one_at_a_time_ && !passes)
      own_lane.stopped = true;
    else
      make_ready(sent.lane);
    return false;
  }
  const auto middle = sent.begin + (sent.end - sent.begin) / 2;
  own_lane.waiting.push_back({sent.lane, middle, sent.end});
  own_lane.waiting.push_back({sent.lane, sent.begin, middle});
  make_ready(sent.lane);
  return true;
}

bool delivery_plan::all_accepted() const {
  return missing_ == 0;
}

record_places delivery_plan::accepted_places() const {
  record_places places;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (accepted_[i]) places.emplace(records_[i].partition, records_[i].position);
  }
  return places;
}

}  // namespace kfs
