#include "config/settings/references.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "config/base/file_descriptor.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;  ///< bytes

using variable_lookup = std::function<std::optional<std::string>(const std::string&)>;

tl::unexpected<error> rejected(std::string reason) {
  return failure(ec::invalid_request, std::move(reason));
}

std::string shown(const std::filesystem::path& file) {
  return escaped(file.string(), escaping::plain, largest_file);
}

tl::unexpected<error> unreadable(const std::filesystem::path& file, int cause) {
  return rejected(fmt::format("{} cannot be read: {}", shown(file), std::generic_category().message(cause)));
}

result<std::string> variable_value(std::string_view name, const variable_lookup& variable) {
  if (!is_variable_name(name)) return rejected("holds ${env:...} without the name of a variable: write ${env:NAME}");
  auto value = variable(std::string(name));
  if (!value || value->empty()) return rejected(fmt::format("refers to ${{env:{}}}, which is not set or empty", name));
  return std::move(*value);
}

result<std::string> file_value(std::string_view path, std::vector<std::filesystem::path>& files) {
  if (!path.starts_with('/')) return rejected("holds ${file:...} without an absolute path: write ${file:/path}");
  files.emplace_back(path);
  auto content = read_small_file(files.back());
  if (!content) return rejected("refers to a file that cannot be used: " + content.error().message);
  content->erase(content->find_last_not_of("\r\n") + 1);
  return content;
}

/// The value of the reference between "${" and "}".
result<std::string> referenced_value(std::string_view reference, const variable_lookup& variable,
                                     std::vector<std::filesystem::path>& files) {
  constexpr std::string_view env = "env:";
  constexpr std::string_view file = "file:";
  if (reference.starts_with(env)) return variable_value(reference.substr(env.size()), variable);
  if (reference.starts_with(file)) return file_value(reference.substr(file.size()), files);
  return rejected(
      "holds ${...} that is neither ${env:NAME} nor ${file:/path}; a value that needs these characters can "
      "stand in a file that ${file:/path} names");
}

}  // namespace

result<std::string> read_small_file(const std::filesystem::path& file) {
  const file_descriptor opened(::open(file.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  struct stat found {};
  if (!opened || ::fstat(opened.get(), &found) != 0) return unreadable(file, errno);
  if (S_ISDIR(found.st_mode)) return unreadable(file, EISDIR);
  if (!S_ISREG(found.st_mode)) return rejected(shown(file) + " cannot be read: it is not a regular file");
  std::string content(largest_file + 1, '\0');
  std::size_t length = 0;
  while (length < content.size()) {
    const auto read = ::read(opened.get(), content.data() + length, content.size() - length);
    if (read == 0) break;
    if (read < 0 && errno != EINTR) return unreadable(file, errno);
    if (read > 0) length += static_cast<std::size_t>(read);
  }
  content.resize(length);
  if (content.size() > largest_file) return unreadable(file, EFBIG);
  return content;
}

result<std::string> resolve_references(std::string_view text, const variable_lookup& variable,
                                       std::vector<std::filesystem::path>& files) {
  std::string resolved;
  for (auto begin = text.find("${"); begin != std::string_view::npos; begin = text.find("${")) {
    const auto end = text.find('}', begin);
    if (end == std::string_view::npos) return rejected("holds \"${\" without the closing \"}\"");
    auto value = referenced_value(text.substr(begin + 2, end - begin - 2), variable, files);
    if (!value) return value;
    resolved.append(text.substr(0, begin)).append(*value);
    text.remove_prefix(end + 1);
  }
  return resolved.append(text);
}

}  // namespace kfs
