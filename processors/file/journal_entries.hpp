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

/// The entries of a file sink's journal, each one line: eight hexadecimal digits of the CRC-32 of the rest, a space, a
/// JSON object. The format, and what each entry means, is documented in this folder's README.
namespace journal {

/// The format that is written; a journal of a higher one is left alone.
inline constexpr std::int64_t format = 1;

/// Numbers the sources of one journal, in the order in which they are named in it.
using source_number = std::uint32_t;

/// Up to where one partition of a source is in the file.
struct position {
  source_number source = 0;
  partition_number partition = 0;
  offset next;
  bool operator==(const position&) const = default;
};

/// The first entry. `series`: the path whose files the journal tells of, `{date}` as it is.
struct header {
  std::int64_t format = journal::format;
  std::string series;
};
/// A process has the file open. `boot` tells a restart of the machine; without `syncs` nothing is ever flushed.
struct opened {
  std::string boot;
  bool syncs = true;
};
/// The next number of a source belongs to this one.
struct source {
  record_source of;
};
/// The file that is appended to from now on, which has `length` bytes; everything written before is whole.
struct file {
  std::string name;
  std::int64_t length = 0;
  std::int64_t since_ms = 0;  ///< when it was begun, since the epoch
};
/// The bytes [from, to) are about to be appended. They are whole once the file is `to` bytes long, and only then
/// `next` counts.
struct write {
  std::int64_t from = 0;
  std::int64_t to = 0;
  std::vector<position> next;
};
/// The file is whole, and `length` bytes long.
struct whole {
  std::int64_t length = 0;
};
/// Partitions stand at other positions than the file says.
struct start {
  std::vector<position> next;
};
/// The first `length` bytes of the file are on the disk, and every partition that it knows stands at `next` with them.
struct synced {
  std::int64_t length = 0;
  std::vector<position> next;
};

using entry = std::variant<header, opened, source, file, write, whole, start, synced>;

/// Appends one line, line end included. Without allocations but for the growth of `into`, for a write.
void encode(const entry& what, std::string& into);

/// Reads one line without its end; none: its checksum does not fit or it is no entry.
std::optional<entry> decode(std::string_view line);

}  // namespace journal
}  // namespace kfs
