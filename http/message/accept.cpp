#include "http/message/accept.hpp"

#include <algorithm>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr int whole = 1'000;

/// How precisely a range names a type: not at all (0), "*/*", "type/*", "type/subtype".
int precision(std::string_view range, std::string_view media_type) {
  if (range == media_type) return 3;
  const auto slash = media_type.find('/');
  if (range.ends_with("/*") && range.substr(0, range.size() - 2) == media_type.substr(0, slash)) return 2;
  return range == "*/*" ? 1 : 0;
}

/// "0.25" is 250; what is no weight counts as a whole one.
int weight(std::string_view text) {
  if (text.empty() || (text.front() != '0' && text.front() != '1')) return whole;
  int value = text.front() == '1' ? whole : 0;
  int of_digit = whole / 10;
  for (std::size_t i = 2; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, of_digit /= 10)
    value += (text[i] - '0') * of_digit;
  return std::min(value, whole);
}

/// Of the parameters of a range, after its first semicolon.
int weight_among(std::string_view parameters) {
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const auto one = trimmed(parameters.substr(0, end));
    if (one.starts_with("q=")) return weight(one.substr(2));
    parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
  }
  return whole;
}

}  // namespace

int quality_of(const std::optional<std::string>& accept, std::string_view media_type) {
  if (!accept || trimmed(*accept).empty()) return whole;
  int quality = 0;
  int best = 0;
  for (const auto& element : split_list(lower_case(*accept))) {
    const std::string_view range = element;
    const auto semicolon = range.find(';');
    const auto fits = precision(trimmed(range.substr(0, semicolon)), media_type);
    if (fits <= best) continue;
    best = fits;
    quality = semicolon == std::string_view::npos ? whole : weight_among(range.substr(semicolon + 1));
  }
  return quality;
}

}  // namespace kfs
