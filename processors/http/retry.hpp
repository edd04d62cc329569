#pragma once

#include <chrono>
#include <optional>

namespace kfs {

/// The longest wait before a request is sent again within the same write().
constexpr std::chrono::milliseconds longest_retry_wait{500};
/// How long a request is sent again before its fault is reported. One attempt more is made in any case.
constexpr std::chrono::milliseconds retry_patience{5'000};

/// The wait before a request is sent again that has failed `failures` times in a row; nullopt when its fault is to be
/// reported instead. `since_sent` is the time since it was first sent.
///
/// The first wait is at most 2 ms; the bound doubles with each failure up to the longest wait. `jitter`, a random
/// number from 0 to 1, is the share of the bound that is waited. `asked`, the endpoint's Retry-After, makes the wait
/// longer, but not longer than the longest wait: a longer pause is the circuit breaker's, which knows whether the
/// endpoint answers others.
std::optional<std::chrono::milliseconds> retry_wait(int failures, std::chrono::nanoseconds since_sent,
                                                    std::chrono::milliseconds asked, double jitter);

}  // namespace kfs
