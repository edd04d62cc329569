// Describes to ThreadSanitizer the synchronisation that it does not see: atomics inside libraries that are built
// without it, and a function of the C library that GCC 12's run-time library does not know. Each function here replaces
// the library's function of the same name, describes the synchronisation, and calls the original. Compiled only into
// the test programs of the tsan preset.
#include <dlfcn.h>
#include <pthread.h>
#include <sanitizer/tsan_interface.h>
#include <time.h>

#include <caf/all.hpp>
#include <cstdlib>

namespace {

/// The library's function of that name.
template <class Function>
Function* next(const char* symbol) {
  auto* const found = ::dlsym(RTLD_NEXT, symbol);
  if (found == nullptr) std::abort();
  return reinterpret_cast<Function*>(found);
}

}  // namespace

// The C library ------------------------------------------------------------------------------------------------------

/// std::timed_mutex uses this function, which is unknown to the run-time library. Calls pthread_mutex_timedlock(),
/// which is known and uses another clock.
extern "C" int pthread_mutex_clocklock(pthread_mutex_t* mutex, clockid_t clock, const timespec* until) noexcept {
  constexpr long second = 1'000'000'000;
  timespec now{};
  timespec real{};
  ::clock_gettime(clock, &now);
  ::clock_gettime(CLOCK_REALTIME, &real);
  const auto nanoseconds = real.tv_nsec + (until->tv_nsec - now.tv_nsec) + second;
  real.tv_sec += until->tv_sec - now.tv_sec - 1 + nanoseconds / second;
  real.tv_nsec = nanoseconds % second;
  return ::pthread_mutex_timedlock(mutex, &real);
}

// CAF ----------------------------------------------------------------------------------------------------------------

namespace caf {

/// Sending a message happens before the actor handles it.
void scheduled_actor::enqueue(mailbox_element_ptr message, execution_unit* by) {
  static auto* const original = next<void(scheduled_actor*, mailbox_element_ptr, execution_unit*)>(
      "_ZN3caf15scheduled_actor7enqueueESt10unique_ptrINS_15mailbox_elementENS_6detail8disposerEEPNS_14execution_"
      "unitE");
  __tsan_release(this);
  original(this, std::move(message), by);
}

scheduled_actor::activation_result scheduled_actor::reactivate(mailbox_element& message) {
  static auto* const original = next<activation_result(scheduled_actor*, mailbox_element&)>(
      "_ZN3caf15scheduled_actor10reactivateERNS_15mailbox_elementE");
  __tsan_acquire(this);
  return original(this, message);
}

void blocking_actor::enqueue(mailbox_element_ptr message, execution_unit* by) {
  static auto* const original = next<void(blocking_actor*, mailbox_element_ptr, execution_unit*)>(
      "_ZN3caf14blocking_actor7enqueueESt10unique_ptrINS_15mailbox_elementENS_6detail8disposerEEPNS_14execution_unitE");
  __tsan_release(this);
  original(this, std::move(message), by);
}

mailbox_element_ptr blocking_actor::dequeue() {
  static auto* const original = next<mailbox_element_ptr(blocking_actor*)>("_ZN3caf14blocking_actor7dequeueEv");
  auto message = original(this);
  __tsan_acquire(this);
  return message;
}

/// Every release of a reference happens before the destruction by the last one.
void ref_counted::deref() const noexcept {
  static auto* const original = next<void(const ref_counted*)>("_ZNK3caf11ref_counted5derefEv");
  auto* const address = const_cast<ref_counted*>(this);
  __tsan_release(address);
  __tsan_acquire(address);
  original(this);
}

void intrusive_ptr_release(actor_control_block* block) {
  static auto* const original =
      next<void(actor_control_block*)>("_ZN3caf21intrusive_ptr_releaseEPNS_19actor_control_blockE");
  __tsan_release(block);
  __tsan_acquire(block);
  original(block);
}

}  // namespace caf
