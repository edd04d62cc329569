#include "config/base/fault_point.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace kfs {
namespace {

/// The values of KFS_FAULT_POINT, KFS_FAULT_HIT, KFS_FAULT_STALL_MS and KFS_FAULT_THROWS (tests/README.md).
struct plan {
  std::string_view point;
  long hit = 1;
  long stall_ms = 0;  ///< 0: kill the process instead
  long throws = 0;    ///< how many consecutive hits throw instead; 0 for none
};

long number_from(const char* name, long default_value) {
  const char* text = std::getenv(name);
  return text == nullptr ? default_value : std::strtol(text, nullptr, 10);
}

const plan& current_plan() {
  static const plan from_environment = [] {
    const char* point = std::getenv("KFS_FAULT_POINT");
    return plan{point == nullptr ? "" : point, number_from("KFS_FAULT_HIT", 1), number_from("KFS_FAULT_STALL_MS", 0),
                number_from("KFS_FAULT_THROWS", 0)};
  }();
  return from_environment;
}

}  // namespace

void fault_point(const char* name) {
  static std::atomic<long> hits = 0;
  if (current_plan().point != name) return;
  const auto hit = ++hits;
  if (hit >= current_plan().hit && hit < current_plan().hit + current_plan().throws)
    throw std::runtime_error(std::string("the fault point ") + name + " throws");
  if (hit != current_plan().hit || current_plan().throws > 0) return;
  if (current_plan().stall_ms == 0) std::raise(SIGKILL);
  std::fprintf(stderr, "the fault point %s stalls\n", name);  // a test waits for this line in the log
  std::this_thread::sleep_for(std::chrono::milliseconds(current_plan().stall_ms));
}

}  // namespace kfs
