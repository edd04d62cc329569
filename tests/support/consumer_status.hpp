#pragma once

#include <chrono>
#include <string>

#include "tests/support/http_client.hpp"

namespace kfs::test {

/// Waits until the consumer at `path` ("/consumers/<id>") has this status, and this code of last_error where one is
/// named. False when it has not within `patience`.
[[nodiscard]] bool becomes(http_client& client, const std::string& path, const std::string& status,
                           const std::string& code = {}, std::chrono::milliseconds patience = std::chrono::seconds{60});

}  // namespace kfs::test
