#pragma once

#include "processors/http/options.hpp"
#include "processors/leases.hpp"

namespace kfs {

/// Makes a sink that sends the records of a batch to one endpoint, several requests at a time. While one batch is
/// retried, what the endpoint has accepted of it is not sent again.
///
/// Errors: sink_unavailable for faults of the endpoint and while its circuit breaker is open; sink_denied for what
/// needs another configuration; shutting_down when it is given up; lease_lost when its lease has
/// ended.
sink_ptr make_http_sink(http_sink_options options, const sink_environment& environment, lifeline watched,
                        sink_lease lease);

}  // namespace kfs
