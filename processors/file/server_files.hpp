#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace kfs {

/// Every name that a series of files may give to a file, with the placeholders in it: the files themselves, the
/// journal, and compressed files that have no time in their name.
std::vector<std::string> places_of_series(const std::filesystem::path& series);

/// The absolute path without symbolic links, as far as it exists. Errors: those of the file system.
std::filesystem::path resolved_path(const std::filesystem::path& path, std::error_code& failed);

/// The files of the server itself, which no sink may write: those that it keeps in its data directory, and those from
/// which it takes settings, keys and rights.
///
/// A file is known by each of its names: links, hard links and mounts are followed.
/// Immutable; safe to share between threads.
class server_files {
 public:
  server_files() = default;
  /// `read`: files and directories. Relative paths are relative to the working directory.
  explicit server_files(std::filesystem::path data_directory, std::vector<std::filesystem::path> read = {})
      : data_directory_(std::move(data_directory)), read_(std::move(read)) {}

  /// Whether one of them is, or may on some day and for some partition become, a file of this series. `series` is a
  /// resolved path; it may hold placeholders. Looks at directories and opens nothing.
  [[nodiscard]] bool meet(const std::filesystem::path& series) const;

 private:
  [[nodiscard]] bool is_kept(const std::filesystem::path& place) const;

  std::filesystem::path data_directory_;
  std::vector<std::filesystem::path> read_;
};

}  // namespace kfs
