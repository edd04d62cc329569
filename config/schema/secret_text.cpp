#include "config/schema/secret_text.hpp"

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::string_view variable_mark = "${env:";
constexpr std::string_view file_mark = "${file:";

/// What stands between `mark` and the only "}", which ends the text; nullopt when the text is not made so.
std::optional<std::string_view> name_after(std::string_view mark, std::string_view text) {
  if (!text.starts_with(mark) || text.find('}') != text.size() - 1) return std::nullopt;
  return text.substr(mark.size(), text.size() - mark.size() - 1);
}

}  // namespace

std::optional<secret_reference> parse_secret_reference(std::string_view text) {
  if (const auto name = name_after(variable_mark, text);
      name && name->starts_with(secret_variable_prefix) && is_variable_name(*name))
    return secret_reference{secret_reference::place::variable, std::string(*name)};
  if (const auto path = name_after(file_mark, text); path && path->starts_with('/') && !has_control_character(*path))
    return secret_reference{secret_reference::place::file, std::string(*path)};
  return std::nullopt;
}

std::optional<std::string> mistake_in_secret_reference(std::string_view text) {
  if (!name_after(variable_mark, text) && !name_after(file_mark, text)) return std::nullopt;
  if (parse_secret_reference(text)) return std::nullopt;
  return "a reference to a secret is ${env:" + std::string(secret_variable_prefix) +
         "NAME} or ${file:/path}, with an absolute path";
}

}  // namespace kfs
