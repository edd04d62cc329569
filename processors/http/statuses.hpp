#pragma once

#include <algorithm>
#include <array>

namespace kfs {

/// Whether a status is a success.
constexpr bool is_success(int status) {
  return status >= 200 && status < 300;
}

/// Whether a status tells of the endpoint, whatever the record: it denies access, does not know the path or the method,
/// is overloaded, or broken.
constexpr bool is_fault_of_endpoint(int status) {
  constexpr std::array client_errors{401, 403, 404, 405, 408, 425, 429};
  return status >= 500 || std::ranges::find(client_errors, status) != client_errors.end();
}

}  // namespace kfs
