#include "actors/kafka/steady_waits.hpp"

#include <pthread.h>
#include <threads.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>

#ifndef __SANITIZE_THREAD__

namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds longest_wait = 10s;

nanoseconds time_on(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

}  // namespace

// In glibc they are the same.
static_assert(sizeof(cnd_t) == sizeof(pthread_cond_t) && sizeof(mtx_t) == sizeof(pthread_mutex_t));

extern "C" int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* deadline) {
  constexpr time_t never = 8'000'000'000;  // in seconds; more does not fit
  const auto wanted = std::chrono::seconds(std::min(deadline->tv_sec, never)) + nanoseconds(deadline->tv_nsec);
  const auto wait = std::clamp(wanted - time_on(CLOCK_REALTIME), nanoseconds(0), longest_wait);
  const auto until = time_on(CLOCK_MONOTONIC) + wait;
  const timespec steady{.tv_sec = until / 1s, .tv_nsec = (until % 1s).count()};
  const int outcome = ::pthread_cond_clockwait(reinterpret_cast<pthread_cond_t*>(condition),
                                               reinterpret_cast<pthread_mutex_t*>(mutex), CLOCK_MONOTONIC, &steady);
  if (outcome == 0) return thrd_success;
  return outcome == ETIMEDOUT ? thrd_timedout : thrd_error;
}

#endif

namespace kfs {

void keep_waits_steady() {}

}  // namespace kfs
