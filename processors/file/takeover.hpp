#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "config/base/error.hpp"
#include "processors/file/journal.hpp"

namespace kfs {

/// What is behind the name of a file in the name of its copy: this, and eight hexadecimal digits.
inline constexpr std::string_view file_copy_suffix = ".kfs-copy-";

/// Whether a takeover gives names like this to copies.
bool is_name_of_copy(std::string_view file_name);

/// By what right, and how, a series of files is taken over.
struct file_takeover {
  std::filesystem::path series;
  std::string boot;                        ///< changes when the machine restarts
  bool syncs = true;                       ///< the copies are forced to the disk
  std::vector<journal::owner> new_owners;  ///< who takes over, with the epochs of today
  /// Whether nobody runs that instance under that epoch any more.
  std::function<bool(const journal::owner&)> has_ended;
  /// Called before each step, and with each part that was copied. False ends the takeover.
  std::function<bool(std::string_view step, std::int64_t done, std::int64_t all)> goes_on;
};

/// Whether another process, or another writer of this one, holds the journal of a series. False when that cannot be
/// found out.
bool is_journal_held(const std::filesystem::path& series);

/// Takes a series of files away from a process that has locked the journal, and whose leases have all ended: file and
/// journal get copies of the same names. What that process writes later reaches nobody, and it notices that before it
/// tells anybody of it. The files may be opened as usual afterwards, or after a kill at any time.
///
/// How, and why it is safe against kills, other takeovers and the process itself: processors/file/README.md.
///
/// Threading: none; several processes may do it at the same time, and one of them succeeds.
/// Errors: sink_unavailable when the process may still write, or may not be a replica, when another process changes the
/// files meanwhile, or when there is no space for a copy; sink_denied when file and journal do not match; shutting_down
/// when goes_on() ended it. The files are then as they were. Nothing is done when nobody holds the journal.
result<void> take_over(const file_takeover& wanted);

/// Completes a takeover whose journal is in place and is locked by the caller: gives its copy to the file. When another
/// process has removed the copy, the file is copied again. Does nothing when no takeover is to be completed.
result<void> finish_takeover(file_journal& journal, bool syncs);

/// What interrupted takeovers and replacements of journals have left in a directory, of any series.
std::vector<std::filesystem::path> leftovers_in(const std::filesystem::path& directory);

using leftover_finder = std::function<std::vector<std::filesystem::path>(const std::filesystem::path& directory)>;

/// Removes those that belong to these two files; not `kept`.
void remove_leftovers(const std::filesystem::path& journal, const std::filesystem::path& file,
                      const std::vector<std::filesystem::path>& kept = {}, const leftover_finder& find = leftovers_in);

}  // namespace kfs
