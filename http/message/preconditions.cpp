#include "http/message/preconditions.hpp"

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

revision_condition read_if_match(const std::optional<std::string>& if_match, const std::string& subject) {
  using enum revision_condition::allows;
  revision_condition condition{.allowed = any_revision, .tags = {}, .subject = subject};
  if (!if_match || trimmed(*if_match) == "*") return condition;
  const auto tags = strong_tags(trimmed(*if_match));
  condition.allowed = tags ? listed_tags : nothing;
  if (tags) condition.tags.assign(tags->begin(), tags->end());
  return condition;
}

result<void> check_if_match(const std::optional<std::string>& if_match, revision current, const std::string& subject) {
  return read_if_match(if_match, subject).check(current);
}

}  // namespace kfs
