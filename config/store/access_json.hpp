#pragma once

#include <optional>
#include <string>

#include "config/access/api_key.hpp"
#include "config/access/audit_entry.hpp"
#include "config/access/tenant.hpp"

namespace kfs {

// Keys, tenants and audit entries as the texts that stores keep: JSON in ASCII, which fits any encoding of a database.
// Bytes that are not UTF-8 become replacement characters. Reading throws json::exception for any other text.

/// A key but for the time of its last use.
std::string to_stored_text(const api_key& key);
api_key key_from_stored_text(const std::string& text);

std::string to_stored_text(const tenant& kept);
tenant tenant_from_stored_text(const std::string& text);

/// What no column of an entry holds: columns are its id, time, actor's name, tenant, action, consumer, status and
/// outcome.
std::string audit_details(const audit_entry& entry);
void read_audit_details(const std::string& text, audit_entry& into);

/// What the store knows of a change of a consumer.
struct consumer_change_facts {
  consumer_id id;
  std::string tenant;
  std::optional<revision> before;  ///< nullopt: it did not exist
  std::optional<revision> after;   ///< nullopt: it exists no more
};

/// The entry of a change that is being stored: done, and completed with what the store knows.
audit_entry entry_of(audit_entry entry, const consumer_change_facts& facts);

/// A text for a column that is searched.
std::string to_stored_ascii(const std::string& text);
std::string from_stored_ascii(const std::string& text);

}  // namespace kfs
