#pragma once

#include <string>

#include "processors/file/path_policy.hpp"
#include "processors/file/writer.hpp"
#include "processors/record_lines.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// The options of a `file_sink`, read.
struct file_sink_options {
  std::string file_path;  ///< with its placeholders
  line_format format = line_format::value;
  file_options files;  ///< how the series of files is kept
};

/// Reads a validated config.
file_sink_options read_file_sink_options(const json& config);

/// Which files the process may write.
file_path_policy file_policy_of(const sink_environment& environment);

/// `file_sink`: appends every record to a file, one line per record, exactly once.
sink_type file_sink_type();

}  // namespace kfs
