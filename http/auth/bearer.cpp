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
  if (token.empty() || token.size() > longest_credential) return std::nullopt;
  // Counted, because compilers vectorize that, and not a loop that ends early.
  const auto foreign = std::ranges::count_if(token, [](char c) { return c <= ' ' || c > '~'; });
  return foreign == 0 ? std::optional(token) : std::nullopt;
}

}  // namespace kfs
