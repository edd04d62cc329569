#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

// /consumers and what is below it. Each parses, asks the supervisor and maps its answer.

void list_consumers(application_context& context, const exchange_ptr& exchanged);
void create_consumer(application_context& context, const exchange_ptr& exchanged);
void get_consumer(application_context& context, const exchange_ptr& exchanged);
void update_consumer(application_context& context, const exchange_ptr& exchanged);
void delete_consumer(application_context& context, const exchange_ptr& exchanged);
void start_consumer(application_context& context, const exchange_ptr& exchanged);
void stop_consumer(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
