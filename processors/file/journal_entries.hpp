#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/base/error.hpp"
#include "processors/batch.hpp"

namespace kfs {

/// The entries of a file sink's journal. Each is one line: the CRC-32 of the rest as eight hexadecimal digits, a space,
/// a JSON object. processors/file/README.md documents the format and the meaning of each entry.
namespace journal {

/// The format that is written. A journal of a lower format is read, and replaced by one of this format; one of a higher
/// format is not touched.
inline constexpr std::int64_t format = 2;

/// The number of a source in one journal, in the order in which the journal names them.
using source_number = std::uint32_t;

/// The next offset of one partition of a source: what lies below it is in the file.
struct position {
  source_number source = 0;
  partition_number partition = 0;
  offset next;
  std::string log = {};  ///< in a start entry: identifies the log that `next` belongs to; empty when unknown
  bool operator==(const position&) const = default;
};

/// The first entry. `series` is the path of the files, with `{date}` not replaced.
struct header {
  std::int64_t format = journal::format;
  std::string series;
};
/// A process has opened the file. `boot` changes with a restart of the machine; `syncs` is false if it never flushes.
struct opened {
  std::string boot;
  bool syncs = true;
};
/// The process that has the file open runs this instance of a consumer, under the lease with this epoch.
struct owner {
  std::string consumer;
  std::int64_t instance = 0;
  std::uint64_t epoch = 0;
  bool operator==(const owner&) const = default;
};
/// The content of the file is in this copy, which is about to get the name of the file. Empty once it has it.
struct copy {
  std::string name;
  std::uint64_t inode = 0;  ///< by which the copy is recognised when it has the name of the file
};
/// Gives the next source number to this source.
struct source {
  record_source of;
};
/// The file that is appended to from now on. It has `length` bytes, and all earlier writes are whole.
struct file {
  std::string name;
  std::int64_t length = 0;
  std::int64_t since_ms = 0;  ///< when it was begun, in milliseconds since the epoch
};
/// A dead letter, by the place of its record.
struct letter {
  source_number source = 0;
  partition_number partition = 0;
  offset position;
  auto operator<=>(const letter&) const = default;
};
/// The bytes [from, to) are about to be appended. They are whole once the file is `to` bytes long; only then do `next`
/// and `redriven` count.
struct write {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::vector<position> next;
  std::vector<letter> redriven = {};  ///< dead letters whose records are among these bytes
};
/// These dead letters have been redriven: their records are in the first `length` bytes, or in an earlier file.
struct redriven {
  std::int64_t length = 0;
  std::vector<letter> letters;
};
/// The file is whole, and `length` bytes long.
struct whole {
  std::int64_t length = 0;
};
/// Partitions continue at other offsets than those of the file, or in another log.
struct start {
  std::vector<position> next;
};
/// The first `length` bytes of the file are on the disk. `next` has the offsets of all partitions at that length.
struct synced {
  std::int64_t length = 0;
  std::vector<position> next;
};

using entry = std::variant<header, opened, owner, copy, source, file, write, whole, start, synced, redriven>;

/// Appends one line with its line end. For a write it allocates nothing but the growth of `into`.
void encode(const entry& what, std::string& into);

/// Reads one line without its end; nullopt when its checksum is wrong or it is no entry.
std::optional<entry> decode(std::string_view line);

}  // namespace journal
}  // namespace kfs
