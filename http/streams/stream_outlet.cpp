#include "http/streams/stream_outlet.hpp"

#include <utility>

namespace kfs {

void stream_outlet::start(std::shared_ptr<stream_writer> to, std::string first) {
  const std::lock_guard lock(mutex_);
  const auto before = std::exchange(stage_, stage::open);
  most_waiting_ += first.size();
  to_ = std::move(to);
  if (before == stage::overfull) return leave()->cut();
  to_->write(std::move(first) + std::exchange(early_, {}));
  if (before == stage::finished) leave()->finish();
}

void stream_outlet::write(std::string bytes) {
  const std::lock_guard lock(mutex_);
  put(std::move(bytes));
}

void stream_outlet::beat(std::string sign) {
  const std::lock_guard lock(mutex_);
  if (stage_ != stage::open) return;
  if (to_->is_abandoned()) return leave()->cut();
  put(std::move(sign));
}

void stream_outlet::finish() {
  const std::lock_guard lock(mutex_);
  if (stage_ == stage::early) stage_ = stage::finished;
  if (stage_ == stage::open) leave()->finish();
}

void stream_outlet::put(std::string bytes) {
  if (stage_ == stage::early) {
    early_ += bytes;
    if (early_.size() > most_waiting_) stage_ = stage::overfull;
  } else if (stage_ == stage::open) {
    if (to_->waiting() + bytes.size() > most_waiting_) return leave()->cut();
    to_->write(std::move(bytes));
  }
}

/// The connection, which is not written to any more.
std::shared_ptr<stream_writer> stream_outlet::leave() {
  stage_ = stage::over;
  return std::exchange(to_, nullptr);
}

}  // namespace kfs
