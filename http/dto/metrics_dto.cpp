#include "http/dto/metrics_dto.hpp"

#include "http/message/accept.hpp"

namespace kfs {
namespace {

constexpr std::string_view open_metrics_end = "# EOF\n";

/// The consumer that a sample line is about; empty when it is about none. An id has no character that is escaped.
std::string_view consumer_of(std::string_view line) {
  for (const std::string_view label : {"{consumer_id=\"", ",consumer_id=\""}) {
    const auto begin = line.find(label);
    if (begin == std::string_view::npos) continue;
    const auto value = line.substr(begin + label.size());
    return value.substr(0, value.find('"'));
  }
  return {};
}

}  // namespace

exposition_format wanted_exposition(const std::optional<std::string>& accept) {
  return prefers_version(accept, {"application/openmetrics-text", "1.0.0"}, "text/plain")
             ? exposition_format::open_metrics
             : exposition_format::classic;
}

std::string series_of_consumers(std::string_view exposition, const std::set<std::string, std::less<>>& consumers) {
  std::string kept;
  std::string comments;  // of the present family, until one of its series is kept
  bool in_comments = false;
  const bool ends = exposition.ends_with(open_metrics_end);
  if (ends) exposition.remove_suffix(open_metrics_end.size());
  while (!exposition.empty()) {
    const auto end = exposition.find('\n');
    const auto line = exposition.substr(0, end);
    exposition.remove_prefix(end == std::string_view::npos ? exposition.size() : end + 1);
    if (line.starts_with('#')) {
      if (!in_comments) comments.clear();
      in_comments = true;
      comments.append(line).append("\n");
      continue;
    }
    in_comments = false;
    if (const auto consumer = consumer_of(line); consumer.empty() || !consumers.contains(consumer)) continue;
    kept.append(comments).append(line).append("\n");
    comments.clear();
  }
  if (ends) kept.append(open_metrics_end);
  return kept;
}

}  // namespace kfs
