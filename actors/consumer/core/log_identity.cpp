#include "actors/consumer/core/log_identity.hpp"

#include <charconv>

namespace kfs {

std::string log_identity::text() const {
  return topic_id.empty() && restarts == 0 ? std::string() : topic_id + '/' + std::to_string(restarts);
}

log_identity log_identity::of(std::string_view text) {
  const auto slash = text.rfind('/');
  if (slash == std::string_view::npos) return {};
  log_identity read{std::string(text.substr(0, slash)), 0};
  const auto* const end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data() + slash + 1, end, read.restarts);
  return failed == std::errc{} && stopped == end ? read : log_identity{};
}

}  // namespace kfs
