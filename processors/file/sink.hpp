#pragma once

#include "processors/file/handover.hpp"
#include "processors/file/options.hpp"

namespace kfs {

/// Makes a sink that appends a line for each record to the file that the path stands for. With `{partition}` in the
/// path each partition has a file of its own. `who` gives the number that replaces `{instance}`, and names the lease.
///
/// Errors: as file_writer says.
sink_ptr make_file_sink(const file_sink_options& options, const sink_environment& environment, const lifeline& watched,
                        file_handover::member who);

}  // namespace kfs
