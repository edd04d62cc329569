#include "actors/kept_views.hpp"

namespace kfs {

consumer_view_ptr kept_views::find(const consumer_id& id) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : found->second;
}

consumer_views kept_views::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

void kept_views::keep(consumer_view_ptr view) {
  const std::lock_guard lock(mutex_);
  by_id_[view->spec->id] = std::move(view);
}

void kept_views::keep(consumer_views all) {
  const std::lock_guard lock(mutex_);
  for (const auto& view : *all) by_id_[view->spec->id] = view;
  all_ = std::move(all);
}

void kept_views::forget(const consumer_id& id) {
  const std::lock_guard lock(mutex_);
  by_id_.erase(id);
  all_.reset();
}

void kept_views::forget_list() {
  const std::lock_guard lock(mutex_);
  all_.reset();
}

void kept_views::forget_all() {
  const std::lock_guard lock(mutex_);
  by_id_.clear();
  all_.reset();
}

}  // namespace kfs
