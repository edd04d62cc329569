#include "processors/http/retry.hpp"

#include <algorithm>

namespace kfs {
namespace {

constexpr std::chrono::milliseconds first_bound{2};
constexpr int most_doublings = 8;  // 2 ms become 512 ms

}  // namespace

std::optional<std::chrono::milliseconds> retry_wait(int failures, std::chrono::nanoseconds since_sent,
                                                    std::chrono::milliseconds asked, double jitter) {
  const auto bound = std::min(longest_retry_wait, first_bound * (1 << std::clamp(failures - 1, 0, most_doublings)));
  const auto own = std::chrono::round<std::chrono::milliseconds>(jitter * std::chrono::duration<double>(bound));
  const auto wait = std::clamp(asked, own, longest_retry_wait);
  if (failures > 1 && since_sent + wait > retry_patience) return std::nullopt;
  return wait;
}

}  // namespace kfs
