#pragma once

#include "http/handlers/context.hpp"

namespace kfs {

/// Name, version, and where to go from here.
void index(application_context& context, const exchange_ptr& exchanged);
/// Every processor type with the JSON Schema of its config.
void processor_types(application_context& context, const exchange_ptr& exchanged);
void openapi_document(application_context& context, const exchange_ptr& exchanged);
void docs_index(application_context& context, const exchange_ptr& exchanged);
void docs_file(application_context& context, const exchange_ptr& exchanged);

}  // namespace kfs
