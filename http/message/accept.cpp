#include "http/message/accept.hpp"

#include <algorithm>
#include <vector>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr int full_weight = 1'000;

/// One element of the header: a media range and its weight in thousandths.
struct weighted_range {
  std::string range;  ///< lower case
  int weight = full_weight;
  std::string version = {};  ///< the first parameter "version", without quotes; empty when there is none
};

/// "0.25" gives 250. A malformed weight gives full_weight.
int parse_weight(std::string_view text) {
  if (text.empty() || (text.front() != '0' && text.front() != '1')) return full_weight;
  int weight = text.front() == '1' ? full_weight : 0;
  int digit_value = full_weight / 10;
  for (std::size_t i = 2; i < text.size() && text[i] >= '0' && text[i] <= '9'; ++i, digit_value /= 10)
    weight += (text[i] - '0') * digit_value;
  return std::min(weight, full_weight);
}

/// The value of the first parameter of that name, which ends in "="; nullopt when there is none.
std::optional<std::string_view> parameter_of(std::string_view parameters, std::string_view name) {
  while (!parameters.empty()) {
    const auto end = parameters.find(';');
    const auto parameter = trimmed(parameters.substr(0, end));
    if (parameter.starts_with(name)) return parameter.substr(name.size());
    parameters = end == std::string_view::npos ? std::string_view{} : parameters.substr(end + 1);
  }
  return std::nullopt;
}

/// The value of the first parameter "q"; full_weight when there is none.
int weight_of(std::string_view parameters) {
  const auto weight = parameter_of(parameters, "q=");
  return weight ? parse_weight(*weight) : full_weight;
}

std::string version_of(std::string_view parameters) {
  auto version = parameter_of(parameters, "version=").value_or("");
  if (version.size() >= 2 && version.front() == '"' && version.back() == '"')
    version = version.substr(1, version.size() - 2);
  return std::string(version);
}

std::vector<weighted_range> parse_accept(std::string_view header) {
  std::vector<weighted_range> ranges;
  for (const auto& text : split_list(lower_case(header))) {
    const std::string_view element = text;
    const auto semicolon = element.find(';');
    const auto parameters = semicolon == std::string_view::npos ? std::string_view{} : element.substr(semicolon + 1);
    ranges.push_back(
        {std::string(trimmed(element.substr(0, semicolon))), weight_of(parameters), version_of(parameters)});
  }
  return ranges;
}

/// How specifically a range matches a type: 0 (no match), 1 ("*/*"), 2 ("type/*"), 3 ("type/subtype").
int specificity(std::string_view range, std::string_view media_type) {
  if (range == media_type) return 3;
  const auto type = media_type.substr(0, media_type.find('/'));
  if (range.ends_with("/*") && range.substr(0, range.size() - 2) == type) return 2;
  return range == "*/*" ? 1 : 0;
}

int weight_of_type(const std::vector<weighted_range>& ranges, std::string_view media_type) {
  int weight = 0;
  int best = 0;
  for (const auto& candidate : ranges) {
    const int match = specificity(candidate.range, media_type);
    if (match <= best) continue;
    best = match;
    weight = candidate.weight;
  }
  return weight;
}

}  // namespace

bool prefers_media_type(const std::optional<std::string>& accept, std::string_view media_type, std::string_view other) {
  if (!accept || trimmed(*accept).empty()) return false;
  const auto ranges = parse_accept(*accept);
  return weight_of_type(ranges, media_type) > weight_of_type(ranges, other);
}

bool prefers_version(const std::optional<std::string>& accept, const versioned_media_type& wanted,
                     std::string_view other) {
  if (!accept) return false;
  const auto ranges = parse_accept(*accept);
  return std::ranges::any_of(ranges, [&](const weighted_range& candidate) {
    return candidate.range == wanted.type && (candidate.version.empty() || candidate.version == wanted.version) &&
           candidate.weight > 0 && candidate.weight >= weight_of_type(ranges, other);
  });
}

bool names_media_type(const std::optional<std::string>& accept, std::string_view media_type) {
  if (!accept) return false;
  const auto ranges = parse_accept(*accept);
  return std::any_of(ranges.begin(), ranges.end(), [&](const weighted_range& candidate) {
    return candidate.range == media_type && candidate.weight > 0;
  });
}

}  // namespace kfs
