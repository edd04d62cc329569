#pragma once

#include <chrono>

/// The years whose times are written as such: those of RFC 3339 that PostgreSQL has too.
namespace kfs::years {

inline constexpr std::chrono::sys_days begin = std::chrono::year{1} / std::chrono::January / 1;
inline constexpr std::chrono::sys_days end = std::chrono::year{10'000} / std::chrono::January / 1;

}  // namespace kfs::years
