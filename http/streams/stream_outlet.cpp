#include "http/streams/stream_outlet.hpp"

#include <utility>

namespace kfs {

void stream_outlet::start(std::shared_ptr<stream_writer> writer, std::string first) {
  const std::lock_guard lock(mutex_);
  const auto previous = std::exchange(stage_, stage::open);
  max_waiting_bytes_ += first.size();
  writer_ = std::move(writer);
  if (previous == stage::overflowed) return close()->cut();
  writer_->write(std::move(first) + std::exchange(buffered_, {}));
  if (previous == stage::finished) close()->finish();
}

void stream_outlet::write(std::string bytes) {
  const std::lock_guard lock(mutex_);
  append(std::move(bytes));
}

void stream_outlet::beat(std::string heartbeat) {
  const std::lock_guard lock(mutex_);
  if (stage_ == stage::open) append(std::move(heartbeat));
}

void stream_outlet::check_client() {
  const std::lock_guard lock(mutex_);
  if (stage_ == stage::open && writer_->is_abandoned()) close()->cut();
}

void stream_outlet::finish() {
  const std::lock_guard lock(mutex_);
  if (stage_ == stage::buffering) stage_ = stage::finished;
  if (stage_ == stage::open) close()->finish();
}

void stream_outlet::append(std::string bytes) {
  if (stage_ == stage::buffering) {
    buffered_ += bytes;
    if (buffered_.size() > max_waiting_bytes_) stage_ = stage::overflowed;
  } else if (stage_ == stage::open) {
    if (writer_->waiting() + bytes.size() > max_waiting_bytes_) return close()->cut();
    writer_->write(std::move(bytes));
  }
}

/// Gives up the writer, so that nothing is written to it any more.
std::shared_ptr<stream_writer> stream_outlet::close() {
  stage_ = stage::closed;
  return std::exchange(writer_, nullptr);
}

}  // namespace kfs
