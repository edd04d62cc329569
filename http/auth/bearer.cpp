#include "http/auth/bearer.hpp"

#include <algorithm>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_credential = 16'384;

}  // namespace

std::optional<std::string_view> bearer_token(std::string_view authorization) {
  constexpr std::string_view scheme = "bearer ";
  const auto text = trimmed(authorization);
  if (text.size() <= scheme.size() || lower_case(text.substr(0, scheme.size())) != scheme) return std::nullopt;
  const auto token = trimmed(text.substr(scheme.size()));
  const bool plausible = !token.empty() && token.size() <= longest_credential &&
                         std::ranges::all_of(token, [](char c) { return c > ' ' && c <= '~'; });
  if (!plausible) return std::nullopt;
  return token;
}

}  // namespace kfs
