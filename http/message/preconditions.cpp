#include "http/message/preconditions.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "config/base/text.hpp"

namespace kfs {
namespace {

/// The strong tags of a list, without quotes. nullopt when the text is not a list of entity tags.
std::optional<std::vector<std::string_view>> strong_tags(std::string_view list) {
  std::vector<std::string_view> tags;
  for (bool first = true; first || !list.empty(); first = false) {
    const bool weak = list.starts_with("W/");
    if (weak) list.remove_prefix(2);
    const auto end = list.find('"', 1);
    if (!list.starts_with('"') || end == std::string_view::npos) return std::nullopt;
    if (!weak) tags.push_back(list.substr(1, end - 1));
    list = trimmed(list.substr(end + 1));
    if (list.empty()) break;
    if (!list.starts_with(',')) return std::nullopt;
    list = trimmed(list.substr(1));
    if (list.empty()) return std::nullopt;
  }
  return tags;
}

}  // namespace

result<void> check_if_match(const std::optional<std::string>& if_match, revision current, const std::string& subject) {
  if (!if_match) return {};
  const auto header = trimmed(*if_match);
  if (header == "*") return {};
  const auto tags = strong_tags(header);
  if (!tags) {
    return failure(
        ec::stale_revision,
        "If-Match is not a list of entity tags; send the ETag of the answer with its quotes, for example \"1\"");
  }
  const auto current_tag = std::to_string(current.value);
  for (const auto tag : *tags) {
    if (tag == current_tag) return {};
  }
  return failure(ec::stale_revision,
                 fmt::format("{} is at revision {}, which If-Match does not name; read it again and repeat the change",
                             subject, current_tag));
}

}  // namespace kfs
