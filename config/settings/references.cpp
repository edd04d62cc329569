#include "config/settings/references.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>
#include <system_error>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;  ///< bytes

using variable_lookup = std::function<std::optional<std::string>(const std::string&)>;

tl::unexpected<error> rejected(std::string reason) {
  return failure(ec::invalid_request, std::move(reason));
}

tl::unexpected<error> unreadable(const std::filesystem::path& file, int cause) {
  return rejected(fmt::format("{} cannot be read: {}", escaped(file.string(), escaping::plain, largest_file),
                              std::generic_category().message(cause)));
}

result<std::string> variable_value(std::string_view name, const variable_lookup& variable) {
  if (!is_variable_name(name)) return rejected("holds ${env:...} without the name of a variable: write ${env:NAME}");
  auto value = variable(std::string(name));
  if (!value || value->empty()) return rejected(fmt::format("refers to ${{env:{}}}, which is not set or empty", name));
  return std::move(*value);
}

result<std::string> file_value(std::string_view path) {
  if (!path.starts_with('/')) return rejected("holds ${file:...} without an absolute path: write ${file:/path}");
  auto content = read_small_file(std::filesystem::path(path));
  if (!content) return rejected("refers to a file that cannot be used: " + content.error().message);
  content->erase(content->find_last_not_of("\r\n") + 1);
  return content;
}

/// The value of the reference between "${" and "}".
result<std::string> referenced_value(std::string_view reference, const variable_lookup& variable) {
  constexpr std::string_view env = "env:";
  constexpr std::string_view file = "file:";
  if (reference.starts_with(env)) return variable_value(reference.substr(env.size()), variable);
  if (reference.starts_with(file)) return file_value(reference.substr(file.size()));
  return rejected(
      "holds ${...} that is neither ${env:NAME} nor ${file:/path}; a value that needs these characters can "
      "stand in a file that ${file:/path} names");
}

}  // namespace

result<std::string> read_small_file(const std::filesystem::path& file) {
  std::error_code ignored;  // such a file cannot be opened either, which is reported below
  if (std::filesystem::is_directory(file, ignored)) return unreadable(file, EISDIR);
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return unreadable(file, errno);
  std::string content(largest_file + 1, '\0');
  stream.read(content.data(), static_cast<std::streamsize>(content.size()));
  if (stream.bad()) return unreadable(file, EIO);
  content.resize(static_cast<std::size_t>(stream.gcount()));
  if (content.size() > largest_file) return unreadable(file, EFBIG);
  return content;
}

result<std::string> resolve_references(std::string_view text, const variable_lookup& variable) {
  std::string resolved;
  for (auto begin = text.find("${"); begin != std::string_view::npos; begin = text.find("${")) {
    const auto end = text.find('}', begin);
    if (end == std::string_view::npos) return rejected("holds \"${\" without the closing \"}\"");
    auto value = referenced_value(text.substr(begin + 2, end - begin - 2), variable);
    if (!value) return value;
    resolved.append(text.substr(0, begin)).append(*value);
    text.remove_prefix(end + 1);
  }
  return resolved.append(text);
}

}  // namespace kfs
