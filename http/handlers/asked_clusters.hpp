#pragma once

#include <functional>
#include <string>

#include "http/handlers/context.hpp"

namespace kfs {

/// Whether every server of a list is one of the others. Names of hosts are compared without case.
bool names_only_servers_of(const std::string& servers, const std::string& others);

/// Whether the consumer is in that group of that cluster, as far as the names of its servers tell.
bool is_in_group(const consumer_spec& spec, const std::string& group, const std::string& servers);

/// Goes on with the cluster of a consumer (`shown`: as a view has it, with masked secrets), to be asked with its
/// credentials. The store is asked for them, where there are any; a fault is answered.
void with_cluster_of(application_context& context, const exchange_ptr& exchanged, const consumer_spec_ptr& shown,
                     std::function<void(const asked_cluster&)> go_on);

}  // namespace kfs
