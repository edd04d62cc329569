#include "http/streams/open_streams.hpp"

#include <utility>

namespace kfs {

std::shared_ptr<void> open_streams::enter() {
  if (taken_->fetch_add(1) < max_streams) return {taken_.get(), [taken = taken_](void*) { taken->fetch_sub(1); }};
  taken_->fetch_sub(1);
  return nullptr;
}

void open_streams::begin(const std::shared_ptr<response_stream>& stream, std::shared_ptr<stream_writer> writer) {
  bool ended = false;
  {
    const std::lock_guard lock(mutex_);
    open_.emplace(stream.get(), stream);
    ended = ended_;
  }
  if (ended) stream->end();
  stream->start(std::move(writer));
}

void open_streams::remove(const response_stream* stream) {
  std::shared_ptr<response_stream> removed;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  if (const auto found = open_.find(stream); found != open_.end()) {
    removed = std::move(found->second);
    open_.erase(found);
  }
}

void open_streams::beat() {
  for (const auto& [key, stream] : all()) stream->beat();
}

void open_streams::check_clients() {
  for (const auto& [key, stream] : all()) stream->check_client();
}

void open_streams::end() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  for (const auto& [key, stream] : all()) stream->end();
}

void open_streams::clear() {
  streams removed;  // destroyed after the lock is released
  const std::lock_guard lock(mutex_);
  removed.swap(open_);
}

open_streams::streams open_streams::all() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

}  // namespace kfs
