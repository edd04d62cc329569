#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

// What operators tell consumers besides their configuration. A pause is answered when nothing more is read.

void pause_consumer(application_context& context, const exchange_ptr& exchanged);
void resume_consumer(application_context& context, const exchange_ptr& exchanged);
void restart_consumer(application_context& context, const exchange_ptr& exchanged);

// The same for all consumers of a tenant, or all that the caller may operate.

void pause_consumers(application_context& context, const exchange_ptr& exchanged);
void resume_consumers(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
