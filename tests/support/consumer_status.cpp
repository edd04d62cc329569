#include "tests/support/consumer_status.hpp"

#include "tests/support/eventually.hpp"

namespace kfs::test {

bool becomes(http_client& client, const std::string& path, const std::string& status, const std::string& code,
             std::chrono::milliseconds patience) {
  return eventually(patience, [&] {
    const auto seen = client.get(path).parsed();
    return seen.at("status") == status &&
           (code.empty() || (seen.at("last_error").is_object() && seen.at("last_error").at("code") == code));
  });
}

}  // namespace kfs::test
