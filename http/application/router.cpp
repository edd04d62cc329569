#include "http/application/router.hpp"

#include <algorithm>

#include "config/base/percent.hpp"
#include "http/message/uri.hpp"

namespace kfs {
namespace {

using segment_list = std::vector<std::string_view>;

bool is_placeholder(std::string_view segment) {
  return segment.starts_with('{');
}

segment_list requested_segments(std::string_view path) {
  auto segments = path_segments(path);
  if (segments.size() > 1 && segments.front() == "api") segments.erase(segments.begin());
  return segments;
}

/// The decoded values of the placeholders where `segments` fit the template.
std::optional<std::vector<std::string>> fit(const std::vector<std::string>& pattern, const segment_list& segments) {
  if (pattern.size() != segments.size()) return std::nullopt;
  std::vector<std::string> values;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    auto value = percent_decoded(segments[i]);
    if (is_placeholder(pattern[i])) {
      if (value.empty()) return std::nullopt;
      values.push_back(std::move(value));
    } else if (pattern[i] != value) {
      return std::nullopt;
    }
  }
  return values;
}

void allow(std::vector<std::string>& allowed, const std::string& method) {
  if (std::find(allowed.begin(), allowed.end(), method) == allowed.end()) allowed.push_back(method);
}

}  // namespace

router::router(std::vector<route> routes) {
  for (auto& endpoint : routes) {
    const auto segments = path_segments(endpoint.path_template);
    std::vector<std::string> pattern(segments.begin(), segments.end());
    entries_.push_back({std::move(endpoint), std::move(pattern)});
  }
}

route_match router::match(std::string_view method, std::string_view path) const {
  const auto wanted = method == "HEAD" ? std::string_view("GET") : method;
  const auto segments = path.starts_with('/') ? requested_segments(path) : segment_list{path};
  route_match match;
  for (const auto& [endpoint, pattern] : entries_) {
    auto values = fit(pattern, segments);
    if (!values) continue;
    if (match.path_template.empty()) match.path_template = endpoint.path_template;
    allow(match.allowed, endpoint.method);
    if (endpoint.method == "GET") allow(match.allowed, "HEAD");
    if (match.found == nullptr && endpoint.method == wanted) {
      match.found = &endpoint;
      match.parameters = std::move(*values);
    }
  }
  if (!match.allowed.empty()) allow(match.allowed, "OPTIONS");
  return match;
}

}  // namespace kfs
