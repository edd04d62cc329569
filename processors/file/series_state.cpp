#include "processors/file/series_state.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <cstdint>
#include <utility>

#include "processors/file/disk.hpp"
#include "processors/file/errors.hpp"
#include "processors/file/journal.hpp"
#include "processors/file/lock.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

result<std::optional<std::int64_t>> bytes_at(const fs::path& path) {
  struct stat found {};
  if (::lstat(path.c_str(), &found) == 0) return std::optional<std::int64_t>(found.st_size);
  if (errno == ENOENT || errno == ENOTDIR) return std::optional<std::int64_t>{};
  return tl::make_unexpected(file_error(errno, "examine", path));
}

}  // namespace

result<std::optional<series_state>> look_at_series(const fs::path& series, const std::string& boot) {
  if (!is_there(file_journal::path_of(series))) return std::optional<series_state>{};
  const auto journal = file_journal::look_at(series);
  if (!journal) return tl::make_unexpected(journal.error());
  series_state seen{.is_open = is_held_elsewhere(journal->descriptor()), .state = {}};
  auto state = journal->state();
  const auto size = state.file_name().empty() ? result<std::optional<std::int64_t>>(std::nullopt)
                                              : bytes_at(journal->path().parent_path() / state.file_name());
  if (!size) return tl::make_unexpected(size.error());
  // Only then does the size belong to the last entry that was read.
  if (!journal->is_unchanged()) return std::optional(std::move(seen));
  if (!seen.is_open) {
    state.judge(*size, boot);
  } else if (const auto end = state.pending_end()) {
    if (!*size || **size < *end) return std::optional(std::move(seen));
    state.settle(true);
  }
  seen.state = std::move(state);
  return std::optional(std::move(seen));
}

}  // namespace kfs
