#pragma once

#include <string>
#include <string_view>

#include "config/access/audit_entry.hpp"
#include "config/base/logger.hpp"
#include "http/auth/request_access.hpp"
#include "http/message/http_message.hpp"

namespace kfs {

/// What the audit says of a request, as far as it is known: everything but the status.
audit_entry entry_of(const request_access& access, const std::string& request_id, const std::string& remote,
                     const std::string& method, const std::string& path, const std::string& reason);

/// The same of a request that is under way.
audit_entry entry_of(const exchange& exchanged);

/// Writes the entry as a line of the log.
void log_entry(const logger& log, const audit_entry& entry);

/// "10.0.0.1" of "10.0.0.1:4711", "::1" of "[::1]:4711".
std::string source_of(std::string_view remote);

}  // namespace kfs
