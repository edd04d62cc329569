#include "config/base/fault_point.hpp"

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>

namespace kfs {
namespace {

/// What KFS_FAULT_POINT, KFS_FAULT_HIT, KFS_FAULT_STALL_MS and KFS_FAULT_THROWS in the environment ask for
/// (tests/README.md).
struct plan {
  std::string_view point;
  long hit = 1;
  long stall_ms = 0;  ///< 0: the process kills itself
  long throws = 0;    ///< so many times in a row, in place of either
};

long number_of(const char* name, long otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtol(text, nullptr, 10);
}

const plan& wanted() {
  static const plan from_environment = [] {
    const char* point = std::getenv("KFS_FAULT_POINT");
    return plan{point == nullptr ? "" : point, number_of("KFS_FAULT_HIT", 1), number_of("KFS_FAULT_STALL_MS", 0),
                number_of("KFS_FAULT_THROWS", 0)};
  }();
  return from_environment;
}

}  // namespace

void fault_point(const char* name) {
  static std::atomic<long> hits = 0;
  if (wanted().point != name) return;
  const auto hit = ++hits;
  if (hit >= wanted().hit && hit < wanted().hit + wanted().throws)
    throw std::runtime_error(std::string("the fault point ") + name + " throws");
  if (hit != wanted().hit || wanted().throws > 0) return;
  if (wanted().stall_ms == 0) std::raise(SIGKILL);
  std::this_thread::sleep_for(std::chrono::milliseconds(wanted().stall_ms));
}

}  // namespace kfs
