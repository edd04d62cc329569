#include "actors/metrics/process_figures.hpp"

#include <fcntl.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "config/base/file_descriptor.hpp"

namespace kfs::process_figures_test {

BOOST_AUTO_TEST_SUITE(process_figures)

BOOST_AUTO_TEST_CASE(open_files_are_counted) {
  const auto before = kfs::process_figures::read().open_files.value();
  const file_descriptor one(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const file_descriptor other(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto seen = kfs::process_figures::read();
  BOOST_TEST(seen.open_files.value() == before + 2);
  BOOST_TEST(seen.open_files.value() < seen.most_open_files.value());
}

BOOST_AUTO_TEST_CASE(threads_are_counted) {
  const auto before = kfs::process_figures::read().threads.value();
  std::mutex held;
  held.lock();
  std::jthread waits([&] { const std::lock_guard lock(held); });
  BOOST_TEST(kfs::process_figures::read().threads.value() == before + 1);
  held.unlock();
}

BOOST_AUTO_TEST_CASE(the_process_began_before_now_and_not_long_ago) {
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const auto began = kfs::process_figures::read().start_time.value();
  BOOST_TEST(began <= now + 1);
  BOOST_TEST(began > now - 24 * 3600);
}

BOOST_AUTO_TEST_CASE(memory_and_time_are_those_of_this_process) {
  const auto before = kfs::process_figures::read();
  volatile std::uint64_t sum = 0;
  while (kfs::process_figures::read().cpu_seconds.value() <= before.cpu_seconds.value()) sum = sum + 1;
  BOOST_TEST(before.resident_bytes.value() > 1e6);
  BOOST_TEST(before.virtual_bytes.value() > before.resident_bytes.value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::process_figures_test
