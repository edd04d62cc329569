#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "config/base/error.hpp"
#include "config/base/file_descriptor.hpp"
#include "processors/file/journal_state.hpp"

namespace kfs {

/// What is behind a journal's name while the journal is replaced: this, and eight hexadecimal digits that no other
/// replacement has. So no process renames what another one is writing.
inline constexpr std::string_view journal_replacement_suffix = ".new-";
inline constexpr std::size_t journal_replacement_length = journal_replacement_suffix.size() + 8;

/// The journal of one series of files: a file beside them on the disk, and the state that it describes.
///
/// Ownership: one file_writer. Threading: none, except for descriptor() (fdatasync in another thread).
/// Errors: as file_error() says; sink_unavailable while another process holds the journal; sink_denied when the file is
/// no journal, is damaged, belongs to another series or has a newer format; the message says what to do. A failed
/// append leaves the journal as it was.
class file_journal {
 public:
  /// The path of a series' journal: beside its files, or above directories whose name holds `{date}`.
  static std::filesystem::path path_of(const std::filesystem::path& series);
  /// The name of the series in its journal: its path below the journal's directory.
  static std::string name_of(const std::filesystem::path& series);
  /// Whether a journal has a name like this, or the file that will replace it.
  static bool is_name(std::string_view file_name);
  /// Whether it is the name of a file that will replace a journal.
  static bool is_name_of_replacement(std::string_view file_name);
  /// A new path for a file that will replace the journal at `path`.
  static std::filesystem::path replacement_of(const std::filesystem::path& path);

  /// Opens the journal of a resolved path (file_path_policy), or makes an empty one. Takes its lock and reads it.
  static result<file_journal> open(const std::filesystem::path& series);

  /// Reads a journal that another process has locked, and changes nothing. Nothing may be appended to it.
  static result<file_journal> look_at(const std::filesystem::path& series);

  /// Makes a journal of this state in a new file at `path`, which is locked, and on the disk when this returns.
  static result<file_journal> make(const std::filesystem::path& path, const journal::state& state);

  /// Whether nothing has been written to it yet.
  [[nodiscard]] bool is_new() const noexcept { return bytes_ == 0; }
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }
  /// How many bytes it had when it was read, with a torn end.
  [[nodiscard]] std::int64_t bytes_read() const noexcept { return bytes_read_; }
  [[nodiscard]] const journal::state& state() const noexcept { return state_; }
  [[nodiscard]] const file_descriptor& descriptor() const noexcept { return file_; }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

  /// Appends one entry. It survives the end of the process once this returns, and a power failure after sync().
  result<void> append(const journal::entry& added);

  /// Notes the outcome of the pending write, like journal::state. Writes nothing: the next entry implies it.
  void settle(bool written) { state_.settle(written); }
  journal::verdict judge(std::optional<std::int64_t> size, const std::string& boot) { return state_.judge(size, boot); }

  result<void> sync();

  /// Replaces the journal by its summary, which is on the disk when this returns. Also makes a removed journal again.
  /// sink_unavailable when another file has the journal's name: another process has taken over.
  result<void> shorten();

  /// Whether the file has its name.
  [[nodiscard]] bool is_in_place() const;
  /// Whether it has its name, and is as it was when it was read.
  [[nodiscard]] bool is_unchanged() const;
  /// Whether another file has its name.
  [[nodiscard]] bool was_replaced() const;
  /// What to tell the user once was_replaced().
  [[nodiscard]] error replaced() const;

 private:
  file_journal(std::filesystem::path path, file_descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  result<void> read(const std::filesystem::path& series);
  result<void> cut_torn_end();
  result<void> replay(std::string_view text);
  result<void> append_text(std::string_view text);
  [[nodiscard]] error damaged(std::int64_t at) const;

  std::filesystem::path path_;
  file_descriptor file_;
  journal::state state_;
  std::int64_t bytes_ = 0;  ///< of the whole entries
  std::int64_t bytes_read_ = 0;
  bool torn_ = false;  ///< a part of an entry follows them
  std::string line_;   ///< reused
};

}  // namespace kfs
