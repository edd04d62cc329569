#pragma once

#include "config/schema/option_schema.hpp"

namespace kfs {

/// The declaration of POST's body: the mission's six fields, the client-chosen id, options. Read-only fields of an
/// answer are ignored.
const object_schema& consumer_creation_schema();

/// The declaration of PUT's body: every field may be absent; auto_start is none of them.
const object_schema& consumer_update_schema();

/// Checks of single values, for query parameters too: what is wrong, or nothing.
std::optional<std::string> wrong_broker_host(std::string_view host);
std::optional<std::string> wrong_group(std::string_view group);

}  // namespace kfs
