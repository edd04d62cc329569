#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"
#include "processors/file/server_files.hpp"

namespace kfs {

/// Decides which files a file sink may write: those below an allowed directory, after every symbolic link is followed,
/// except server_files: in the data directory, and `read_by_server`, files and directories.
///
/// Relative paths, also of the allowed directories, are relative to the working directory.
/// Immutable; safe to share between threads.
class file_path_policy {
 public:
  /// `allowed_by` names the list of the allowed directories, for whoever wants it longer.
  file_path_policy(std::vector<std::filesystem::path> allowed_directories, std::filesystem::path data_directory,
                   std::vector<std::filesystem::path> read_by_server = {},
                   std::string allowed_by = "FILE_SINK_DIRECTORIES")
      : allowed_(std::move(allowed_directories)),
        of_server_(std::move(data_directory), std::move(read_by_server)),
        allowed_by_(std::move(allowed_by)) {}

  /// The absolute path, without symbolic links, of the file that `file_path` leads to now; the file need not exist.
  /// sink_denied when the file may not be written; the message names `file_path`, the allowed directories and their
  /// list. Reads directories and links, opens no file.
  [[nodiscard]] result<std::filesystem::path> resolve(const std::string& file_path) const;

 private:
  [[nodiscard]] bool is_allowed(const std::filesystem::path& resolved) const;
  [[nodiscard]] std::string allowed_list() const;

  std::vector<std::filesystem::path> allowed_;
  server_files of_server_;
  std::string allowed_by_;
};

/// Opens a resolved path for appending and reading. Missing directories are made with mode 0750, a missing file with
/// 0640. No part of the path may be a symbolic link, so the file that was resolved and allowed is the one that is
/// opened, whatever happens to the tree meanwhile. sink_denied when it is no regular file; hard links are allowed.
result<file_descriptor> open_resolved(const std::filesystem::path& resolved);

/// Whether `path` still names the open file itself; false once the file was moved, removed or replaced.
bool is_named(const file_descriptor& file, const std::filesystem::path& path);

}  // namespace kfs
