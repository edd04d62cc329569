#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

// /cluster and what is below it. Each parses, asks the cluster actor and maps its answer.

/// The replicas, and a page of who runs what.
void get_cluster(application_context& context, const exchange_ptr& exchanged);
/// Orders about the replica in the path. 202: the order is stored, and takes effect afterwards.
void drain_replica(application_context& context, const exchange_ptr& exchanged);
void resume_replica(application_context& context, const exchange_ptr& exchanged);
void evict_replica(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
