#include "processors/file/path_policy.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "processors/file/errors.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

constexpr mode_t file_mode = 0640;
constexpr mode_t directory_mode = 0750;

bool is_below(const fs::path& path, const fs::path& directory) {
  const auto [of_directory, of_path] = std::mismatch(directory.begin(), directory.end(), path.begin(), path.end());
  return of_directory == directory.end() && of_path != path.end();
}

/// Opens one directory of a path; makes it when it is missing.
file_descriptor step_into(const file_descriptor& parent, const fs::path& name) {
  constexpr int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  file_descriptor found(::openat(parent.get(), name.c_str(), flags));
  if (found || errno != ENOENT) return found;
  if (::mkdirat(parent.get(), name.c_str(), directory_mode) != 0 && errno != EEXIST) return {};
  return file_descriptor(::openat(parent.get(), name.c_str(), flags));
}

/// Opens the file itself. O_CREAT is not used on an existing file, because a sticky directory may forbid that
/// (fs.protected_regular). O_NONBLOCK keeps a FIFO from blocking.
file_descriptor open_file(const file_descriptor& directory, const fs::path& name) {
  constexpr int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  file_descriptor found(::openat(directory.get(), name.c_str(), flags));
  if (found || errno != ENOENT) return found;
  return file_descriptor(::openat(directory.get(), name.c_str(), flags | O_CREAT, file_mode));
}

}  // namespace

result<fs::path> file_path_policy::resolve(const std::string& file_path) const {
  std::error_code failed;
  auto resolved = resolved_path(file_path, failed);
  if (failed) return tl::make_unexpected(file_error(failed.value(), "follow file_path", file_path));
  if (!is_allowed(resolved))
    return failure(ec::sink_denied,
                   fmt::format("file_path \"{}\" does not lie below an allowed directory ({}) once symbolic links are "
                               "followed; choose a path below one, or have {} extended",
                               file_path, allowed_list(), allowed_by_));
  if (of_server_.meet(resolved))
    return failure(ec::sink_denied,
                   fmt::format("file_path \"{}\" is a file of the server itself; choose another path", file_path));
  return resolved;
}

bool file_path_policy::is_allowed(const fs::path& resolved) const {
  return std::any_of(allowed_.begin(), allowed_.end(), [&](const fs::path& directory) {
    std::error_code failed;
    const auto below = resolved_path(directory, failed);
    return !failed && is_below(resolved, below);
  });
}

std::string file_path_policy::allowed_list() const {
  std::vector<std::string> names(allowed_.size());
  std::transform(allowed_.begin(), allowed_.end(), names.begin(), [](const fs::path& path) { return path.native(); });
  return fmt::format("{}", fmt::join(names, ", "));
}

result<file_descriptor> open_resolved(const fs::path& resolved) {
  file_descriptor directory(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return tl::make_unexpected(file_error(errno, "open the directory of", resolved));
  for (const auto& name : resolved.parent_path().relative_path()) {
    auto next = step_into(directory, name);
    if (!next) return tl::make_unexpected(file_error(errno, "open the directory of", resolved));
    directory = std::move(next);
  }
  auto file = open_file(directory, resolved.filename());
  if (!file) return tl::make_unexpected(file_error(errno, "open", resolved));
  struct stat found {};
  if (::fstat(file.get(), &found) != 0) return tl::make_unexpected(file_error(errno, "examine", resolved));
  if (!S_ISREG(found.st_mode)) return tl::make_unexpected(file_error(ENXIO, "open", resolved));
  return file;
}

bool is_named(const file_descriptor& file, const fs::path& path) {
  struct stat mine {};
  struct stat named {};
  return ::fstat(file.get(), &mine) == 0 && ::lstat(path.c_str(), &named) == 0 && mine.st_ino == named.st_ino &&
         mine.st_dev == named.st_dev;
}

}  // namespace kfs
