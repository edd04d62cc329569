#include "actors/kafka/departures.hpp"

#include <system_error>
#include <thread>
#include <utility>

namespace kfs {

departures::~departures() {
  hurry_.request_stop();
  std::unique_lock lock(mutex_);
  ended_.wait(lock, [this] { return count_ == 0; });
}

void departures::see_off(std::function<bool(const std::stop_token&)> end) {
  if (!lend_thread(end)) {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    run(std::move(end));
  }
}

bool departures::lend_thread(std::function<bool(const std::stop_token&)> work) {
  {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  try {
    std::thread([this, work = std::move(work)]() mutable { run(std::move(work)); }).detach();
    return true;
  } catch (const std::system_error&) {  // no thread can be started
    const std::lock_guard lock(mutex_);
    --count_;
    ended_.notify_all();
    return false;
  }
}

/// Everything that `work` holds is destroyed before it counts as ended.
void departures::run(std::function<bool(const std::stop_token&)> work) {
  const bool ended = std::exchange(work, {})(hurry_.get_token());
  const std::lock_guard lock(mutex_);
  --count_;
  left_behind_ += ended ? 0 : 1;
  ended_.notify_all();
}

bool departures::wait_for(std::chrono::milliseconds bound) {
  hurry_.request_stop();
  std::unique_lock lock(mutex_);
  return ended_.wait_for(lock, bound, [this] { return count_ == 0; }) && left_behind_ == 0;
}

std::size_t departures::under_way() const {
  const std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace kfs
