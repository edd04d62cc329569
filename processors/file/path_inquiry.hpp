#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "processors/file/path_policy.hpp"

namespace kfs {

/// What the file system says of a `file_path`.
struct path_findings {
  std::filesystem::path resolved;  ///< as file_path_policy::resolve() returns it
  /// What keeps the file or its journal from being opened there, and what to do; nullopt when nothing does.
  std::optional<std::string> obstacle = {};
};

using path_inquiry = std::function<result<path_findings>()>;

/// Makes an inquiry about `file_path` in a thread of its own, because a disk that hangs blocks the thread that asks it.
/// The thread is left behind when it has no answer within `patience`. While 16 threads are at work or left behind, no
/// further ones are begun.
///
/// Ownership: the inquiry owns all that it uses, as it may outlive the caller and everything else.
/// Threading: safe from any thread.
/// Errors: those of the inquiry, and sink_unavailable when the disk does not respond.
result<path_findings> ask_disk(const std::string& file_path, path_inquiry inquiry, std::chrono::milliseconds patience);

/// Resolves `file_path` and looks at what is there, and at its journal's place, within two seconds. An obstacle is what
/// stays in the way until somebody removes it: a symbolic link that leads nowhere, a directory, a pipe. Permissions and
/// full disks are none.
/// Errors: those of file_path_policy::resolve() and ask_disk().
result<path_findings> examine_path(const file_path_policy& policy, const std::string& file_path);

}  // namespace kfs
