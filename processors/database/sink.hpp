#pragma once

#include "processors/database/options.hpp"
#include "processors/leases.hpp"

namespace kfs {

/// Makes a sink that writes to one table. One transaction holds the rows and the next offset of each partition, and
/// records that the bookkeeping covers are skipped. So each record is written once, whatever is killed or retried.
///
/// Under a lease it ends the sessions of earlier owners of the consumer's instance.
///
/// Errors: sink_unavailable; sink_denied; lease_lost when its lease has ended; member_fenced when another writer has
/// taken over a partition since positions() and has already written what this batch begins with.
sink_ptr make_database_sink(database_sink_options options, const sink_environment& environment, lifeline watched,
                            const sink_lease& lease);

}  // namespace kfs
