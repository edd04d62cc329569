#include "config/base/ending_signals.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <thread>
#include <utility>

namespace kfs {

ending_signals::ending_signals() {
  sigemptyset(&signals_);
  sigaddset(&signals_, SIGTERM);
  sigaddset(&signals_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
}

std::string ending_signals::wait() {
  int number = 0;
  sigwait(&signals_, &number);
  return strsignal(number);
}

void ending_signals::ask() {
  ::kill(::getpid(), SIGTERM);
}

void ending_signals::limit_end(std::chrono::seconds bound, std::function<void()> late) {
  std::thread([signals = signals_, until = std::chrono::steady_clock::now() + bound, late = std::move(late)] {
    while (true) {
      const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(until - std::chrono::steady_clock::now());
      const timespec wait{.tv_sec = left.count() > 0 ? left.count() / 1'000'000'000 : 0,
                          .tv_nsec = left.count() > 0 ? left.count() % 1'000'000'000 : 0};
      if (sigtimedwait(&signals, nullptr, &wait) >= 0) std::_Exit(EXIT_FAILURE);
      if (errno == EAGAIN) break;
    }
    late();
    std::_Exit(EXIT_FAILURE);
  }).detach();
}

}  // namespace kfs
