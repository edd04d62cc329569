#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processors/file/journal_entries.hpp"

namespace kfs::journal {

/// What a file is to be taken for, after a restart.
enum class verdict : std::uint8_t {
  whole,       ///< it is as the journal says
  torn,        ///< what lies beyond length() is to be cut off: half a write, or what was not on the disk yet
  begun_anew,  ///< it was moved away or emptied: an empty one is begun
  changed,     ///< somebody else wrote to it: nothing of ours may touch it
};

/// What all entries of a journal say together.
///
/// A value without files: how entries add up, and what follows for a file found after a restart, is decided here alone.
/// Errors: none; an entry that contradicts the ones before it is refused by apply().
class state {
 public:
  /// False: the entry cannot follow what came before it.
  bool apply(const entry& what);

  /// What became of the write in hand: all of its bytes are in the file, or none.
  void settle(bool written);

  /// What a file of `size` bytes is (none: it is not there), and settles the write in hand by it. `boot` as of now.
  verdict judge(std::optional<std::int64_t> size, const std::string& boot);

  /// Entries that say the same, without history.
  [[nodiscard]] std::vector<entry> summary() const;

  [[nodiscard]] std::optional<offset> position(const record_source& of, partition_number partition) const;
  [[nodiscard]] std::optional<offset> position(source_number source, partition_number partition) const;
  [[nodiscard]] std::optional<source_number> number_of(const record_source& of) const;
  [[nodiscard]] const std::vector<record_source>& sources() const noexcept { return sources_; }
  [[nodiscard]] std::vector<journal::position> positions() const;
  [[nodiscard]] const std::string& file_name() const noexcept { return file_.name; }
  [[nodiscard]] std::int64_t file_since_ms() const noexcept { return file_.since_ms; }
  /// Bytes of the file that are whole.
  [[nodiscard]] std::int64_t length() const noexcept { return length_; }
  /// Where the write in hand ends; none: there is none.
  [[nodiscard]] std::optional<std::int64_t> pending_end() const;
  [[nodiscard]] std::int64_t synced_length() const noexcept { return synced_length_; }
  [[nodiscard]] const std::string& series() const noexcept { return header_.series; }
  [[nodiscard]] std::int64_t format() const noexcept { return header_.format; }

 private:
  using key = std::pair<source_number, partition_number>;
  using position_map = std::map<key, offset>;

  bool take(const header& what);
  bool take(const opened& what);
  bool take(const source& what);
  bool take(const file& what);
  bool take(const write& what);
  bool take(const whole& what);
  bool take(const start& what);
  bool take(const synced& what);
  [[nodiscard]] bool known(const std::vector<journal::position>& positions) const;
  /// Settles the write in hand where the file is `length` bytes long; false: it cannot be.
  bool settle_at(std::int64_t length);
  void forget_unsynced();

  header header_;
  opened opened_;
  std::vector<record_source> sources_;
  std::map<record_source, source_number> numbers_;
  file file_;
  std::int64_t length_ = 0;
  position_map next_;
  std::optional<write> pending_;
  std::int64_t synced_length_ = 0;
  position_map synced_next_;
};

}  // namespace kfs::journal
