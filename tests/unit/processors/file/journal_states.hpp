#pragma once

#include <boost/test/unit_test.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "processors/file/journal_state.hpp"
#include "tests/unit/processors/file/journal_lines.hpp"

namespace kfs::journal_states {

using namespace kfs::journal;
using write_entry = kfs::journal::write;  // beside ::write

inline const record_source orders{"cluster", "group", "orders"};
inline const record_source others{"cluster", "other group", "orders"};
inline const std::string this_boot = "boot 1";
inline const std::string next_boot = "boot 2";

using position_list = std::vector<journal::position>;

inline std::string text_of(const std::vector<entry>& entries) {
  std::string text;
  for (const auto& one : entries) text += encode(one);
  return text;
}

inline std::string name_of(verdict what) {
  switch (what) {
    case verdict::whole:
      return "whole";
    case verdict::torn:
      return "torn";
    case verdict::begun_anew:
      return "begun anew";
    case verdict::changed:
      return "changed";
  }
  return "?";
}

/// A journal with one source whose file "out" begins at `length` bytes.
inline state begun(std::int64_t length = 0, bool syncs = true) {
  state made;
  for (const auto& one :
       std::vector<entry>{header{1, "out"}, opened{this_boot, syncs}, file{"out", length, 5}, source{orders}})
    BOOST_REQUIRE(made.apply(one));
  return made;
}

inline state with(state made, const std::vector<entry>& entries) {
  for (const auto& one : entries) BOOST_REQUIRE_MESSAGE(made.apply(one), encode(one));
  return made;
}

inline position_list at(std::int64_t next, partition_number partition = 0) {
  return {{0, partition, offset{next}}};
}

inline std::optional<std::int64_t> where(const state& of, partition_number partition = 0) {
  const auto found = of.position(orders, partition);
  return found ? std::optional(found->value) : std::nullopt;
}

/// The state that a new process reads from the same entries.
inline state replayed(const std::vector<entry>& entries) {
  state made;
  for (const auto& one : entries) {
    const auto line = encode(one);
    const auto read = decode(std::string_view(line).substr(0, line.size() - 1));
    BOOST_REQUIRE(read.has_value());
    BOOST_REQUIRE_MESSAGE(made.apply(*read), line);
  }
  return made;
}

inline void same(const state& one, const state& other) {
  BOOST_TEST(one.length() == other.length());
  BOOST_TEST(one.synced_length() == other.synced_length());
  BOOST_TEST((one.pending_end() == other.pending_end()));
  BOOST_TEST((one.positions() == other.positions()));
  BOOST_TEST((one.sources() == other.sources()));
  BOOST_TEST(one.series() == other.series());
  BOOST_TEST(one.file_name() == other.file_name());
  BOOST_TEST(one.file_since_ms() == other.file_since_ms());
  BOOST_TEST(text_of(one.summary()) == text_of(other.summary()));
}

}  // namespace kfs::journal_states
