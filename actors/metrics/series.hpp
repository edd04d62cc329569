#pragma once

#include <prometheus/family.h>

#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace kfs {

/// A metric whose series vanish with their last owner. Two owners of the same labels share one series.
///
/// Ownership: outlives its series. Threading: safe from any thread.
template <class Metric>
class shared_family {
 public:
  /// A share in one series.
  using series = std::shared_ptr<Metric>;

  explicit shared_family(prometheus::Family<Metric>& family) : family_(family) {}
  shared_family(const shared_family&) = delete;
  shared_family& operator=(const shared_family&) = delete;

  /// The series with these labels, made if it is not there. `made_with` goes to the metric's constructor.
  template <class... Args>
  series of(const prometheus::Labels& labels, const Args&... made_with) {
    const std::lock_guard lock(mutex_);
    auto& entry = places_[labels];
    if (entry.owners++ == 0) entry.metric = &family_.Add(labels, made_with...);
    return series(entry.metric, [this, labels](Metric*) { leave(labels); });
  }

 private:
  struct place {
    Metric* metric = nullptr;
    std::size_t owners = 0;
  };

  void leave(const prometheus::Labels& labels) {
    const std::lock_guard lock(mutex_);
    const auto found = places_.find(labels);
    if (--found->second.owners > 0) return;
    family_.Remove(found->second.metric);
    places_.erase(found);
  }

  prometheus::Family<Metric>& family_;
  std::mutex mutex_;
  std::map<prometheus::Labels, place> places_;
};

}  // namespace kfs
