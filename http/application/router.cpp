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

std::vector<std::string> decoded(std::string_view path) {
  std::vector<std::string> segments;
  if (!path.starts_with('/')) return {percent_decoded(path)};
  for (const auto segment : requested_segments(path)) segments.push_back(percent_decoded(segment));
  return segments;
}

bool fits(const std::vector<std::string>& pattern, const std::vector<std::string>& segments) {
  return std::ranges::equal(pattern, segments, [](const std::string& wanted, const std::string& given) {
    return is_placeholder(wanted) ? !given.empty() : wanted == given;
  });
}

/// The values of the placeholders of a template that fits.
std::vector<std::string> values_of(const std::vector<std::string>& pattern, std::vector<std::string> segments) {
  std::vector<std::string> values;
  for (std::size_t i = 0; i < pattern.size(); ++i)
    if (is_placeholder(pattern[i])) values.push_back(std::move(segments[i]));
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
  auto segments = decoded(path);
  route_match match;
  for (const auto& [endpoint, pattern] : entries_) {
    if (!fits(pattern, segments)) continue;
    if (match.path_template.empty()) match.path_template = endpoint.path_template;
    if (endpoint.method == wanted) {
      match.found = &endpoint;
      match.parameters = values_of(pattern, std::move(segments));
      return match;
    }
    allow(match.allowed, endpoint.method);
    if (endpoint.method == "GET") allow(match.allowed, "HEAD");
  }
  if (!match.allowed.empty()) allow(match.allowed, "OPTIONS");
  return match;
}

}  // namespace kfs
