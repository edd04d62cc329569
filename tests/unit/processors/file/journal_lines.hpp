#pragma once

#include <string>

#include "processors/file/journal_entries.hpp"

namespace kfs::journal {

/// The line of one entry.
inline std::string encode(const entry& what) {
  std::string line;
  encode(what, line);
  return line;
}

}  // namespace kfs::journal
