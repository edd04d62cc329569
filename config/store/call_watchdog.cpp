#include "config/store/call_watchdog.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace kfs {

call_watchdog::call_watchdog() : thread_([this](const std::stop_token& ends) { run(ends); }) {}

call_watchdog::~call_watchdog() {
  thread_.request_stop();
  thread_.join();
  forget();
}

void call_watchdog::watch(int socket, clock::time_point until) {
  const std::lock_guard lock(mutex_);
  forget();
  socket_ = ::fcntl(socket, F_DUPFD_CLOEXEC, 0);
  until_ = until;
  changed_.notify_one();
}

void call_watchdog::done() {
  const std::lock_guard lock(mutex_);
  forget();
  changed_.notify_one();
}

void call_watchdog::forget() {
  if (socket_ >= 0) ::close(socket_);
  socket_ = -1;
  until_.reset();
}

void call_watchdog::run(const std::stop_token& ends) {
  std::unique_lock lock(mutex_);
  while (!ends.stop_requested()) {
    if (!until_) {
      changed_.wait(lock, ends, [this] { return until_.has_value(); });
    } else if (const auto until = *until_; clock::now() < until) {
      changed_.wait_until(lock, ends, until, [&] { return until_ != until; });
    } else {
      if (socket_ >= 0) ::shutdown(socket_, SHUT_RDWR);
      forget();
    }
  }
}

}  // namespace kfs
