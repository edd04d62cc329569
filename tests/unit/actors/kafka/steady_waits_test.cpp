// How long librdkafka waits by the function that this process puts in the place of the C library's.

#include "actors/kafka/steady_waits.hpp"

#include <threads.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <ctime>
#include <limits>
#include <thread>

namespace kfs::steady_waits_test {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

struct waiting {
  waiting() {
    keep_waits_steady();
    mtx_init(&mutex, mtx_plain);
    cnd_init(&condition);
    mtx_lock(&mutex);
  }
  ~waiting() {
    mtx_unlock(&mutex);
    cnd_destroy(&condition);
    mtx_destroy(&mutex);
  }

  static timespec from_now(std::chrono::nanoseconds wait) {
    timespec time{};
    timespec_get(&time, TIME_UTC);
    const auto at = std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec) + wait;
    return {.tv_sec = at / 1s, .tv_nsec = (at % 1s).count()};
  }

  int wait_until(const timespec& deadline) { return cnd_timedwait(&condition, &mutex, &deadline); }

  mtx_t mutex{};
  cnd_t condition{};
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(steady_waits, waiting)

BOOST_AUTO_TEST_CASE(a_wait_ends_at_its_deadline) {
  const auto begun = clock::now();
  BOOST_TEST(wait_until(from_now(30ms)) == thrd_timedout);
  const auto took = clock::now() - begun;
  BOOST_TEST((took >= 29ms && took < 5s));
}

BOOST_AUTO_TEST_CASE(a_deadline_that_has_passed_is_not_waited_for) {
  const auto begun = clock::now();
  BOOST_TEST(wait_until(from_now(-24h * 3653)) == thrd_timedout);
  BOOST_TEST(wait_until({.tv_sec = 0, .tv_nsec = 0}) == thrd_timedout);
  BOOST_TEST((clock::now() - begun < 5s));
}

BOOST_AUTO_TEST_CASE(a_signal_ends_a_wait_however_late_its_deadline_is) {
  for (const auto& deadline : {from_now(9s), timespec{.tv_sec = std::numeric_limits<time_t>::max(), .tv_nsec = 0}}) {
    const std::jthread other([this] {
      mtx_lock(&mutex);
      cnd_signal(&condition);
      mtx_unlock(&mutex);
    });
    BOOST_TEST(wait_until(deadline) == thrd_success);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::steady_waits_test
