#include "config/base/socket_watch.hpp"

#include <fcntl.h>
#include <sys/socket.h>

namespace kfs {

socket_watch::guard::guard(socket_watch& watch, clock::duration patience, const std::stop_token& cancelled)
    : watch_(watch), cancelled_(cancelled, give_up{watch}) {
  const std::lock_guard held(watch_.mutex_);
  watch_.deadline_ = clock::now() + patience;
  watch_.changed_.notify_one();
}

socket_watch::guard::~guard() {
  const std::lock_guard held(watch_.mutex_);
  watch_.deadline_.reset();
}

socket_watch::socket_watch(int socket)
    : socket_(::fcntl(socket, F_DUPFD_CLOEXEC, 0)), thread_([this](const std::stop_token& ends) { run(ends); }) {}

void socket_watch::shut_down(const char* reason) {
  const char* not_shut_down = nullptr;
  if (reason_.compare_exchange_strong(not_shut_down, reason)) ::shutdown(socket_.get(), SHUT_RDWR);
}

/// Waits for the deadline that it knows; a deadline that was moved or removed meanwhile is read when that one is over.
void socket_watch::run(const std::stop_token& ends) {
  std::unique_lock held(mutex_);
  while (!ends.stop_requested()) {
    if (!deadline_) {
      changed_.wait(held, ends, [this] { return deadline_.has_value(); });
      continue;
    }
    const auto until = *deadline_;
    changed_.wait_until(held, ends, until, [] { return false; });
    if (deadline_ && *deadline_ <= clock::now()) {
      deadline_.reset();
      shut_down("no answer came in time");
    }
  }
}

}  // namespace kfs
