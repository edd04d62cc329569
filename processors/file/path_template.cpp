#include "processors/file/path_template.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/base/text.hpp"

namespace kfs {
namespace {

struct name_of_placeholder {
  std::string_view text;
  placeholder means;
};

constexpr std::array<name_of_placeholder, 4> names{{{"{topic}", placeholder::topic},
                                                    {"{partition}", placeholder::partition},
                                                    {"{instance}", placeholder::instance},
                                                    {"{date}", placeholder::date}}};
constexpr std::string_view all_names = "{topic}, {partition}, {instance} and {date}";
constexpr std::string_view date_name = "{date}";
constexpr std::size_t longest_shown = 60;
constexpr std::size_t most_placeholders = 16;

/// The placeholder at the beginning of `text`.
const name_of_placeholder* at_begin_of(std::string_view text) {
  const auto* found =
      std::find_if(names.begin(), names.end(), [&](const auto& name) { return text.starts_with(name.text); });
  return found == names.end() ? nullptr : found;
}

std::string suggestion(std::string_view wrong) {
  std::vector<std::string> known;
  for (const auto& name : names) known.emplace_back(name.text);
  const auto meant = closest_name(wrong, known);
  return meant ? fmt::format("; did you mean {}?", *meant) : "";
}

/// What is wrong when `text` begins with a "{" that belongs to no placeholder.
std::string mistake_of_opening(std::string_view text) {
  const auto end = text.find_first_of("{}", 1);
  if (end == std::string_view::npos || text[end] == '{')
    return fmt::format("a \"{{\" has no \"}}\" (\"{}\"); the placeholders are {}",
                       escaped(text, escaping::quoted, longest_shown), all_names);
  const auto wrong = text.substr(0, end + 1);
  return fmt::format("\"{}\" is no placeholder; they are {}{}", escaped(wrong, escaping::quoted, longest_shown),
                     all_names, suggestion(wrong));
}

std::string text_of(placeholder means) {
  return std::string(std::ranges::find(names, means, &name_of_placeholder::means)->text);
}

/// The longest text that may stand in place of a placeholder.
std::string_view longest_text_of(placeholder means) {
  switch (means) {
    case placeholder::topic:
      break;
    case placeholder::partition:
      return "2147483647";
    case placeholder::instance:
      return "63";
    case placeholder::date:
      return "2026-11-24";
  }
  return "{topic}";
}

bool is_of_a_topic(char letter) {
  return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') ||
         letter == '.' || letter == '_' || letter == '-';
}

std::string harmless(std::string_view topic) {
  if (topic.empty() || topic == "." || topic == "..") return "_";
  std::string name{topic};
  std::replace_if(
      name.begin(), name.end(), [](char letter) { return !is_of_a_topic(letter); }, '_');
  return name;
}

}  // namespace

std::optional<std::string> mistake_in_template(std::string_view text) {
  std::size_t placeholders = 0;
  for (auto at = text.find_first_of("{}"); at != std::string_view::npos; at = text.find_first_of("{}")) {
    text.remove_prefix(at);
    if (text.front() == '}') return fmt::format("a \"}}\" has no \"{{\" before it; the placeholders are {}", all_names);
    const auto* found = at_begin_of(text);
    if (found == nullptr) return mistake_of_opening(text);
    if (++placeholders > most_placeholders) return fmt::format("at most {} placeholders are taken", most_placeholders);
    text.remove_prefix(found->text.size());
  }
  return std::nullopt;
}

std::pair<std::size_t, std::optional<placeholder>> placeholder_at(std::string_view text) {
  const auto* found = at_begin_of(text);
  if (found == nullptr) return {1, std::nullopt};
  return {found->text.size(), found->means};
}

std::string longest_expansion(std::string_view path) {
  std::string longest;
  while (!path.empty()) {
    const auto [size, means] = placeholder_at(path);
    longest += means ? longest_text_of(*means) : path.substr(0, size);
    path.remove_prefix(size);
  }
  return longest;
}

std::string with_date(std::string_view path, std::chrono::sys_days day) {
  const std::chrono::year_month_day parts{day};
  const auto date = fmt::format("{:04}-{:02}-{:02}", static_cast<int>(parts.year()),
                                static_cast<unsigned>(parts.month()), static_cast<unsigned>(parts.day()));
  std::string out;
  for (auto at = path.find(date_name); at != std::string_view::npos; at = path.find(date_name)) {
    out.append(path.substr(0, at)).append(date);
    path.remove_prefix(at + date_name.size());
  }
  return out.append(path);
}

file_path_template::file_path_template(std::string_view text) {
  part under_way;
  while (!text.empty()) {
    if (const auto* found = at_begin_of(text)) {
      under_way.stands_for = found->means;
      parts_.push_back(std::exchange(under_way, {}));
      text.remove_prefix(found->text.size());
    } else {
      under_way.literal.push_back(text.front());
      text.remove_prefix(1);
    }
  }
  parts_.push_back(std::move(under_way));
}

bool file_path_template::has(placeholder wanted) const noexcept {
  return std::any_of(parts_.begin(), parts_.end(), [wanted](const part& each) { return each.stands_for == wanted; });
}

std::string file_path_template::with_topic(std::string_view topic) const {
  return replaced([&](placeholder means) { return means == placeholder::topic ? harmless(topic) : text_of(means); });
}

std::string file_path_template::expand(std::string_view topic, partition_number partition, int instance) const {
  return replaced([&](placeholder means) -> std::string {
    switch (means) {
      case placeholder::topic:
        return harmless(topic);
      case placeholder::partition:
        return std::to_string(partition);
      case placeholder::instance:
        return std::to_string(instance);
      case placeholder::date:
        break;
    }
    return std::string(date_name);
  });
}

template <class Replace>
std::string file_path_template::replaced(Replace text_for) const {
  std::string path;
  for (const auto& [literal, stands_for] : parts_) {
    path += literal;
    if (stands_for) path += text_for(*stands_for);
  }
  return path;
}

}  // namespace kfs
