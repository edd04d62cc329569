#pragma once

#include <prometheus/family.h>

#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace kfs {

/// A metric family whose series are removed when their last owner releases them. Owners of equal labels share a series.
///
/// Ownership: the family outlives its series.
/// Threading: safe from any thread.
template <class Metric>
class shared_family {
 public:
  /// Shared ownership of one series.
  using series = std::shared_ptr<Metric>;

  explicit shared_family(prometheus::Family<Metric>& family) : family_(family) {}
  shared_family(const shared_family&) = delete;
  shared_family& operator=(const shared_family&) = delete;

  /// The series with these labels, created if needed. `arguments` go to the metric's constructor.
  template <class... Args>
  series of(const prometheus::Labels& labels, const Args&... arguments) {
    const std::lock_guard lock(mutex_);
    auto& entry = entries_[labels];
    if (entry.owners++ == 0) entry.metric = &family_.Add(labels, arguments...);
    return series(entry.metric, [this, labels](Metric*) { release(labels); });
  }

 private:
  struct owned_metric {
    Metric* metric = nullptr;
    std::size_t owners = 0;
  };

  void release(const prometheus::Labels& labels) {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(labels);
    if (--found->second.owners > 0) return;
    family_.Remove(found->second.metric);
    entries_.erase(found);
  }

  prometheus::Family<Metric>& family_;
  std::mutex mutex_;
  std::map<prometheus::Labels, owned_metric> entries_;
};

}  // namespace kfs
