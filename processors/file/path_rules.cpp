#include "processors/file/path_rules.hpp"

#include <fmt/format.h>

#include <climits>

#include "config/base/text.hpp"
#include "processors/file/claims.hpp"
#include "processors/file/journal.hpp"
#include "processors/file/path_template.hpp"
#include "processors/file/takeover.hpp"
#include "processors/file/writers.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

/// The most bytes of a name in Linux's file systems.
constexpr std::size_t longest_name = NAME_MAX;
/// What closed files and their compression put behind a name: ".20261124T093000.123Z-999999.zst.partial".
constexpr std::size_t longest_suffix = 40;
constexpr std::size_t longest_file_name = longest_name - longest_suffix;
/// PATH_MAX counts the 0 at the end.
constexpr std::size_t longest_resolved = PATH_MAX - 1 - longest_suffix;
constexpr std::size_t longest_shown = 80;

std::string file_name_of(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// The server keeps these names for files beside that of a sink.
std::optional<std::string> mistake_in_kind(const std::string& name) {
  if (file_journal::is_name(name)) return "names of this kind are kept for the journals of file sinks; choose another";
  if (file_claims::is_name(name)) return "names of this kind are kept for the claims of file sinks; choose another";
  if (is_name_of_copy(name)) return "names of this kind are kept for copies of files; choose another";
  if (is_name_of_closed_file(name)) return "names of this kind are kept for closed files; choose another";
  return std::nullopt;
}

std::string too_long(std::string_view what, std::string_view name, std::size_t most) {
  return fmt::format("the {} \"{}\" has {} bytes once placeholders are replaced, and may have {}; write a shorter one",
                     what, escaped(name, escaping::quoted, longest_shown), name.size(), most);
}

}  // namespace

std::optional<std::string> mistake_in_file_path(const std::string& file_path) {
  if (has_control_character(file_path)) return "a path without control characters is needed";
  const auto name = file_name_of(file_path);
  if (name.empty() || name == "." || name == "..") return "the path of a file is needed, not of a directory";
  if (auto mistake = mistake_in_kind(name)) return mistake;
  return mistake_in_template(file_path);
}

std::optional<std::string> mistake_in_names(const std::string& path) {
  const auto longest = longest_expansion(path);
  const auto name = file_name_of(longest);
  if (auto mistake = mistake_in_kind(name)) return mistake;
  if (name.size() > longest_file_name)
    return too_long("file name", name, longest_file_name)
        .append(fmt::format(" ({} less the longest suffix of rotation and compression)", longest_name));
  for (const auto& directory : fs::path(longest).parent_path()) {
    if (directory.native().size() > longest_name) return too_long("directory", directory.native(), longest_name);
  }
  const auto journal = longest_expansion(file_name_of(file_journal::path_of(path).native())) +
                       std::string(journal_replacement_length, 'x');
  if (journal.size() > longest_name) return too_long("name of the journal", journal, longest_name);
  if (!file_path_template(path).has(placeholder::instance)) return std::nullopt;
  const auto claims = file_name_of(file_claims::path_for(path)) + std::string(journal_replacement_length, 'x');
  if (claims.size() > longest_name) return too_long("name of the claims", claims, longest_name);
  return std::nullopt;
}

std::optional<std::string> mistake_in_length(const fs::path& resolved) {
  const auto longest = longest_expansion(resolved.native());
  if (longest.size() <= longest_resolved) return std::nullopt;
  return too_long("path", longest, longest_resolved);
}

}  // namespace kfs
