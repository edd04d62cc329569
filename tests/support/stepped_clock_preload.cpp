// A library for LD_PRELOAD: a process that is started with it has a wall clock (CLOCK_REALTIME) that differs from the
// kernel's by an offset, which a test changes while the process runs (stepped_clock.hpp). All other clocks stay.
//
// It behaves as a step of the kernel's clock does: a wait until a time of the wall clock ends when that clock shows the
// time, so after a step back it takes longer. The offset is a number of nanoseconds in a file that both sides have
// mapped. Nothing here allocates memory, because allocators read clocks.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>

namespace {

constexpr std::int64_t second = 1'000'000'000;
/// How long a wait overlooks a step.
constexpr std::int64_t slice = 50'000'000;
/// Deadlines below are times of the monotonic clock: of a condition variable with that clock.
constexpr std::int64_t least_wall_clock = 1'000'000'000 * second;

/// A function of another library, which this one hides.
class hidden_function {
 public:
  /// `version` is asked for first, where there are several.
  constexpr explicit hidden_function(const char* name, const char* version = nullptr)
      : name_(name), version_(version) {}

  template <class Function>
  [[nodiscard]] Function as() {
    return reinterpret_cast<Function>(address());
  }
  void* address() {
    if (auto* known = found_.load(std::memory_order_acquire)) return known;
    void* symbol = version_ != nullptr ? ::dlvsym(RTLD_NEXT, name_, version_) : nullptr;
    if (symbol == nullptr) symbol = ::dlsym(RTLD_NEXT, name_);
    if (symbol == nullptr) std::abort();
    found_.store(symbol, std::memory_order_release);
    return symbol;
  }

 private:
  const char* name_;
  const char* version_;
  std::atomic<void*> found_{nullptr};
};

constinit hidden_function hidden_clock_gettime{"clock_gettime"};
constinit hidden_function hidden_clock_nanosleep{"clock_nanosleep"};
constinit hidden_function hidden_cond_timedwait{"pthread_cond_timedwait", "GLIBC_2.3.2"};  // x86-64 has an older one
constinit hidden_function hidden_cond_clockwait{"pthread_cond_clockwait"};
constinit hidden_function hidden_cnd_timedwait{"cnd_timedwait"};
constinit hidden_function hidden_mutex_timedlock{"pthread_mutex_timedlock"};
constinit hidden_function hidden_sem_timedwait{"sem_timedwait"};

constinit std::atomic<const std::atomic<std::int64_t>*> mapped = nullptr;

__attribute__((constructor)) void map_offset() {
  const char* path = std::getenv("KFS_TEST_CLOCK_OFFSET");
  if (path == nullptr) return;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) std::abort();
  void* memory = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  if (memory == MAP_FAILED) std::abort();
  ::close(file);
  hidden_clock_gettime.address();  // looked up now, because clock_gettime() must not allocate
  mapped.store(static_cast<const std::atomic<std::int64_t>*>(memory), std::memory_order_release);
}

std::int64_t offset() {
  const auto* from = mapped.load(std::memory_order_acquire);
  return from == nullptr ? 0 : from->load(std::memory_order_relaxed);
}

std::int64_t nanoseconds(const timespec& time) {
  constexpr time_t never = 8'000'000'000;  // in seconds; more might not fit
  return (time.tv_sec < never ? time.tv_sec : never) * second + time.tv_nsec;
}

timespec time_of(std::int64_t nanoseconds) {
  return {.tv_sec = nanoseconds / second, .tv_nsec = nanoseconds % second};
}

std::int64_t kernels_clock() {
  timespec now{};
  ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

bool has_passed(const timespec& deadline) {
  return kernels_clock() + offset() >= nanoseconds(deadline);
}

/// Where a wait for a deadline of the stepped clock looks at it again, as a time of the kernel's clock.
timespec next_look(const timespec& deadline) {
  const auto latest = kernels_clock() + slice;
  const auto wanted = nanoseconds(deadline) - offset();
  return time_of(wanted < latest ? wanted : latest);
}

/// A wait for a condition: ends with `success` at a look, which callers know as a spurious wake-up.
template <class Wait>
int wait_for_condition(const timespec& deadline, int timed_out, int success, const Wait& wait) {
  if (nanoseconds(deadline) < least_wall_clock) return wait(deadline);
  const auto outcome = wait(next_look(deadline));
  return outcome == timed_out && !has_passed(deadline) ? success : outcome;
}

/// A wait for something that does not pass: a lock, a semaphore.
template <class Wait>
int wait_until(const timespec& deadline, const Wait& wait) {
  for (;;) {
    const auto outcome = wait(next_look(deadline));
    const bool timed_out = outcome == ETIMEDOUT || (outcome == -1 && errno == ETIMEDOUT);
    if (!timed_out || has_passed(deadline)) return outcome;
  }
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  // Before the offset is known the libraries may not be connected yet.
  const auto outcome = mapped.load(std::memory_order_acquire) == nullptr
                           ? static_cast<int>(::syscall(SYS_clock_gettime, clock, time))
                           : hidden_clock_gettime.as<decltype(&clock_gettime)>()(clock, time);
  if (outcome == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
    *time = time_of(nanoseconds(*time) + offset());
  return outcome;
}

int gettimeofday(timeval* __restrict time, void* __restrict) noexcept {
  const auto now = kernels_clock() + offset();
  *time = {.tv_sec = now / second, .tv_usec = now % second / 1000};
  return 0;
}

time_t time(time_t* into) noexcept {
  const time_t now = (kernels_clock() + offset()) / second;
  if (into != nullptr) *into = now;
  return now;
}

int timespec_get(timespec* time, int base) noexcept {
  if (base != TIME_UTC) return 0;
  *time = time_of(kernels_clock() + offset());
  return base;
}

int clock_nanosleep(clockid_t clock, int flags, const timespec* wanted, timespec* remaining) {
  const auto sleep = hidden_clock_nanosleep.as<decltype(&clock_nanosleep)>();
  if (clock != CLOCK_REALTIME || (flags & TIMER_ABSTIME) == 0) return sleep(clock, flags, wanted, remaining);
  while (!has_passed(*wanted)) {
    const auto look = next_look(*wanted);
    if (const int failed = sleep(clock, flags, &look, remaining); failed != 0) return failed;
  }
  return 0;
}

int pthread_cond_timedwait(pthread_cond_t* condition, pthread_mutex_t* mutex, const timespec* deadline) {
  const auto wait = hidden_cond_timedwait.as<decltype(&pthread_cond_timedwait)>();
  return wait_for_condition(*deadline, ETIMEDOUT, 0,
                            [&](const timespec& until) { return wait(condition, mutex, &until); });
}

int pthread_cond_clockwait(pthread_cond_t* condition, pthread_mutex_t* mutex, clockid_t clock,
                           const timespec* deadline) {
  const auto wait = hidden_cond_clockwait.as<decltype(&pthread_cond_clockwait)>();
  return wait_for_condition(*deadline, ETIMEDOUT, 0,
                            [&](const timespec& until) { return wait(condition, mutex, clock, &until); });
}

int cnd_timedwait(cnd_t* condition, mtx_t* mutex, const timespec* deadline) {
  const auto wait = hidden_cnd_timedwait.as<decltype(&cnd_timedwait)>();
  return wait_for_condition(*deadline, thrd_timedout, thrd_success,
                            [&](const timespec& until) { return wait(condition, mutex, &until); });
}

int pthread_mutex_timedlock(pthread_mutex_t* mutex, const timespec* deadline) noexcept {
  const auto lock = hidden_mutex_timedlock.as<decltype(&pthread_mutex_timedlock)>();
  return wait_until(*deadline, [&](const timespec& until) { return lock(mutex, &until); });
}

int sem_timedwait(sem_t* semaphore, const timespec* deadline) {
  const auto wait = hidden_sem_timedwait.as<decltype(&sem_timedwait)>();
  return wait_until(*deadline, [&](const timespec& until) { return wait(semaphore, &until); });
}

}  // extern "C"
