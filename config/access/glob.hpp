#pragma once

#include <string_view>

namespace kfs {

/// True when all of `text` matches `pattern`, in which `*` stands for any bytes, also none, and `?` for one byte.
/// Everything else stands for itself. Takes time proportional to the product of both lengths at most.
bool matches_glob(std::string_view pattern, std::string_view text) noexcept;

}  // namespace kfs
