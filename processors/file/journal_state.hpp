#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "processors/file/journal_entries.hpp"

namespace kfs::journal {

/// What has become of a file, as found after a restart.
enum class verdict : std::uint8_t {
  whole,       ///< the file is as the journal says
  torn,        ///< bytes beyond length() must be cut off: a torn write, or bytes that were not on the disk yet
  begun_anew,  ///< the file was moved away or emptied: an empty one is begun
  changed,     ///< another program wrote to it: we must not touch it
};

/// The state that the entries of a journal describe.
///
/// A plain value that uses no files. Only this class decides how entries add up and what a file is after a restart.
/// Errors: none; apply() returns false for an entry that contradicts earlier ones.
class state {
 public:
  /// Adds an entry; false when it cannot follow the entries before it.
  bool apply(const entry& added);

  /// Ends the pending write: all of its bytes are in the file, or none.
  void settle(bool written);

  /// Judges a file of `size` bytes (nullopt when it is missing) and settles the pending write. `boot` is today's.
  verdict judge(std::optional<std::int64_t> size, const std::string& boot);

  /// The shortest entries that describe the same state.
  [[nodiscard]] std::vector<entry> summary() const;

  [[nodiscard]] std::optional<offset> position(const record_source& of, partition_number partition) const;
  [[nodiscard]] std::optional<offset> position(source_number source, partition_number partition) const;
  /// The log that the partition's position belongs to, as the last start entry says; empty when none does.
  [[nodiscard]] std::string log(const record_source& of, partition_number partition) const;
  [[nodiscard]] std::optional<source_number> number_of(const record_source& of) const;
  [[nodiscard]] const std::vector<record_source>& sources() const noexcept { return sources_; }
  [[nodiscard]] std::vector<journal::position> positions() const;
  [[nodiscard]] const std::string& file_name() const noexcept { return file_.name; }
  [[nodiscard]] std::int64_t file_since_ms() const noexcept { return file_.since_ms; }
  /// How many bytes of the file are whole.
  [[nodiscard]] std::int64_t length() const noexcept { return length_; }
  /// Where the pending write ends; nullopt when none is pending.
  [[nodiscard]] std::optional<std::int64_t> pending_end() const;
  [[nodiscard]] std::int64_t synced_length() const noexcept { return synced_length_; }
  /// The instances that the process runs which opened the file last.
  [[nodiscard]] std::vector<owner> owners() const;
  /// The copy that is about to get the file's name; its name is empty when none is.
  [[nodiscard]] const journal::copy& copy() const noexcept { return copy_; }
  /// Whether the record of this dead letter has been redriven into the file, or an earlier one.
  [[nodiscard]] bool is_redriven(const letter& sought) const { return redriven_.contains(sought); }
  [[nodiscard]] const std::string& series() const noexcept { return header_.series; }
  [[nodiscard]] std::int64_t format() const noexcept { return header_.format; }

 private:
  using key = std::pair<source_number, partition_number>;
  using position_map = std::map<key, offset>;

  bool take(const header& added);
  bool take(const opened& added);
  bool take(const owner& added);
  bool take(const journal::copy& added);
  bool take(const source& added);
  bool take(const file& added);
  bool take(const write& added);
  bool take(const whole& added);
  bool take(const start& added);
  bool take(const synced& added);
  bool take(const redriven& added);
  [[nodiscard]] bool known(const std::vector<journal::position>& positions) const;
  /// Settles the pending write for a file of `length` bytes; false when that length is impossible.
  bool settle_at(std::int64_t length);
  void forget_unsynced();

  header header_;
  opened opened_;
  std::map<std::pair<std::string, std::int64_t>, std::uint64_t> owners_;  ///< the epoch of each instance
  journal::copy copy_;
  std::vector<record_source> sources_;
  std::map<record_source, source_number> numbers_;
  file file_;
  std::int64_t length_ = 0;
  position_map next_;
  std::optional<write> pending_;
  std::int64_t synced_length_ = 0;
  position_map synced_next_;
  std::map<key, std::string> logs_;          ///< those that are not empty
  std::map<letter, std::int64_t> redriven_;  ///< where in the present file its bytes end; 0 in an earlier one
};

}  // namespace kfs::journal
