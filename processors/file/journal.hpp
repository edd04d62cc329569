#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"
#include "processors/file/journal_state.hpp"

namespace kfs {

/// The journal of one series of files, on the disk beside them, and what it says.
///
/// Ownership: of one file_writer. Threading: none, except for descriptor() (fdatasync in another thread).
/// Errors: as file_error() says; sink_unavailable while another process holds the journal; sink_denied when it is not
/// one, is damaged, is of another series or of a newer format: the message says what to do. After a failed append the
/// journal is as before.
class file_journal {
 public:
  /// Where the journal of a series lies: beside its files; above directories whose name holds `{date}`.
  static std::filesystem::path path_of(const std::filesystem::path& series);
  /// The series as it is named in its journal: below the directory of that.
  static std::string name_of(const std::filesystem::path& series);
  /// True for a name that path_of() gives.
  static bool is_name(std::string_view file_name);

  /// Opens the journal of a resolved path (file_path_policy), or makes an empty one; takes its lock; reads it.
  static result<file_journal> open(const std::filesystem::path& series);

  /// Nothing has been written to it yet.
  [[nodiscard]] bool is_new() const noexcept { return bytes_ == 0; }
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const journal::state& state() const noexcept { return state_; }
  [[nodiscard]] const file_descriptor& descriptor() const noexcept { return file_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Appends one entry. It outlives the process once this returns, and the machine after sync().
  result<void> append(const journal::entry& what);

  /// What became of the write in hand, as journal::state says. Nothing is written: the next entry tells.
  void settle(bool written) { state_.settle(written); }
  journal::verdict judge(std::optional<std::int64_t> size, const std::string& boot) { return state_.judge(size, boot); }

  result<void> sync();

  /// Puts a summary of the journal in its place, on the disk when it returns; also where somebody removed it.
  result<void> shorten();

  /// Somebody removed or replaced the file.
  [[nodiscard]] bool was_moved() const;

 private:
  file_journal(std::filesystem::path path, file_descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  result<void> read(const std::filesystem::path& series);
  result<void> replay(std::string_view text);
  result<void> append_text(std::string_view text);
  [[nodiscard]] error damaged(std::int64_t at) const;

  std::filesystem::path path_;
  file_descriptor file_;
  journal::state state_;
  std::int64_t bytes_ = 0;  ///< of whole entries
  bool torn_ = false;       ///< half an entry follows them
  std::string line_;        ///< reused
};

}  // namespace kfs
