#include "cluster/news/report_outbox.hpp"

#include <algorithm>
#include <set>

namespace kfs {
namespace {

void replace_older(report_map& reports, instance_report report) {
  report_map::key_type key{report.consumer, report.instance};
  const auto found = reports.find(key);
  if (found == reports.end()) {
    reports.emplace(std::move(key), std::move(report));
  } else if (found->second.epoch <= report.epoch) {
    report.is_news = report.is_news || found->second.is_news;
    found->second = std::move(report);
  }
}

}  // namespace

void report_outbox::add(std::vector<instance_report> reports) {
  const std::lock_guard held(mutex_);
  for (auto& report : reports)
    if (report.view) replace_older(waiting_, std::move(report));
}

bool report_outbox::has_waiting() const {
  const std::lock_guard held(mutex_);
  return !waiting_.empty();
}

bool report_outbox::has_news() const {
  const std::lock_guard held(mutex_);
  return std::ranges::any_of(waiting_, [](const auto& waiting) { return waiting.second.is_news; });
}

bool report_outbox::may_send(bool is_time) const {
  const std::lock_guard held(mutex_);
  return !waiting_.empty() && (is_time || flushing_ > 0);
}

report_map report_outbox::take(std::size_t most) {
  const std::lock_guard held(mutex_);
  sending_ = true;
  report_map taken;
  while (!waiting_.empty() && taken.size() < most) taken.insert(waiting_.extract(waiting_.begin()));
  return taken;
}

void report_outbox::sent(report_map reports) {
  const std::lock_guard held(mutex_);
  for (auto& [key, report] : reports) replace_older(sent_, std::move(report));
  sending_ = false;
  changed_.notify_all();
}

void report_outbox::unsent(report_map reports) {
  const std::lock_guard held(mutex_);
  wait_again(std::move(reports));
  sending_ = false;
  changed_.notify_all();
}

void report_outbox::put_back(report_map reports) {
  const std::lock_guard held(mutex_);
  wait_again(std::move(reports));
}

void report_outbox::send_again() {
  const std::lock_guard held(mutex_);
  wait_again(sent_);
}

void report_outbox::forget_deleted(const std::vector<consumer_id>& existing) {
  const std::lock_guard held(mutex_);
  if (sent_.empty()) return;
  const std::set<consumer_id> ids(existing.begin(), existing.end());
  std::erase_if(sent_, [&](const auto& entry) { return !ids.contains(entry.first.first); });
}

void report_outbox::forget_older(const std::vector<instance_report>& observed) {
  const std::lock_guard held(mutex_);
  for (const auto& report : observed) {
    const auto found = sent_.find({report.consumer, report.instance});
    if (found != sent_.end() && found->second.epoch < report.epoch) sent_.erase(found);
  }
}

void report_outbox::begin_flush() {
  const std::lock_guard held(mutex_);
  ++flushing_;
}

void report_outbox::end_flush(std::chrono::milliseconds within) {
  std::unique_lock held(mutex_);
  changed_.wait_for(held, within, [this] { return waiting_.empty() && !sending_; });
  --flushing_;
}

/// Those that came meanwhile are newer, and stay.
void report_outbox::wait_again(report_map reports) {
  for (auto& [key, report] : reports) {
    const auto found = waiting_.find(key);
    if (found == waiting_.end()) {
      waiting_.emplace(key, std::move(report));
    } else if (found->second.epoch < report.epoch) {
      found->second = std::move(report);
    }
  }
}

}  // namespace kfs
