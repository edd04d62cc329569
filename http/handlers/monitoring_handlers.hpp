#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

// /consumergroups and /monitor. All but the list of our own groups is asked of the cluster itself.

void list_groups(application_context& context, const exchange_ptr& exchanged);
void describe_group(application_context& context, const exchange_ptr& exchanged);
void group_offsets(application_context& context, const exchange_ptr& exchanged);
void monitor_offsets(application_context& context, const exchange_ptr& exchanged);
void monitor_lag(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
