#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"

namespace kfs {

/// Decides which files a file sink may write: those that lie below an allowed directory once every symbolic link is
/// followed, without the server's own files in its data directory.
///
/// Relative paths, those of the allowed directories too, are relative to the working directory.
/// Immutable; safe to share between threads.
class file_path_policy {
 public:
  file_path_policy(std::vector<std::filesystem::path> allowed_directories, std::filesystem::path data_directory)
      : allowed_(std::move(allowed_directories)), data_directory_(std::move(data_directory)) {}

  /// The absolute path, without symbolic links, of the file that `file_path` stands for now; it need not be there.
  /// sink_denied when it may not be written: the message names `file_path`, and the allowed directories with the
  /// setting that lists them. Looks at directories and links, opens nothing.
  [[nodiscard]] result<std::filesystem::path> resolve(const std::string& file_path) const;

 private:
  [[nodiscard]] bool is_allowed(const std::filesystem::path& resolved) const;
  [[nodiscard]] bool is_of_the_server(const std::filesystem::path& resolved) const;
  [[nodiscard]] std::string allowed_list() const;

  std::vector<std::filesystem::path> allowed_;
  std::filesystem::path data_directory_;
};

/// Opens a resolved path for appending and reading. What is missing is made: directories with mode 0750, the file with
/// 0640. No symbolic link is followed in any part, so what was resolved and allowed is what is opened, whatever others
/// do to the tree meanwhile. sink_denied when it is no regular file; hard links are allowed.
result<file_descriptor> open_resolved(const std::filesystem::path& resolved);

/// True while the open file is the one of that name, not a link to it; false once it was moved, removed or replaced.
bool is_named(const file_descriptor& file, const std::filesystem::path& path);

}  // namespace kfs
