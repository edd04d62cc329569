#pragma once

#include "processors/file/options.hpp"

namespace kfs {

/// Makes a sink that appends a line for each record to the file that the path stands for. With `{partition}` in the
/// path each partition has a file of its own. `instance` replaces `{instance}`, and with `consumer` names the lease.
///
/// Errors: as file_writer says.
sink_ptr make_file_sink(const file_sink_options& options, const sink_environment& environment, const lifeline& watched,
                        int instance, const consumer_id& consumer);

}  // namespace kfs
