#include "config/access/audit_entry.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::array<std::string_view, 4> outcomes{"pending", "done", "failed", "unknown"};

/// Bytes that are not UTF-8 become replacement characters.
std::string readable(const std::string& text) {
  const auto quoted = json(text).dump(-1, ' ', false, json::error_handler_t::replace);
  return json::parse(quoted).get<std::string>();
}

json text_or_null(const std::string& text) {
  return text.empty() ? json() : json(text);
}

json number_or_null(const std::optional<revision>& number) {
  return number ? json(number->value) : json();
}

}  // namespace

std::string_view to_string(audit_decision decision) noexcept {
  return decision == audit_decision::allow ? "allow" : "deny";
}

std::string_view to_string(audit_outcome outcome) noexcept {
  return outcomes[static_cast<std::size_t>(outcome)];
}

audit_outcome to_audit_outcome(std::string_view name) noexcept {
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (outcomes[i] == name) return static_cast<audit_outcome>(i);
  return audit_outcome::unknown;
}

audit_entry bounded(audit_entry entry) {
  for (auto* text : {&entry.actor.name, &entry.tenant, &entry.action, &entry.consumer})
    *text = shortened(readable(*text), longest_audit_name);
  for (auto* text : {&entry.request_id, &entry.actor.kind, &entry.actor.credential_id, &entry.source, &entry.method,
                     &entry.path, &entry.rule, &entry.reason})
    *text = shortened(readable(*text), longest_audit_text);
  return entry;
}

std::vector<audit_entry> missing_entries(const std::vector<audit_entry>& wanted, std::vector<audit_entry> stored) {
  for (auto& entry : stored) entry.id = 0;
  std::vector<audit_entry> missing;
  for (auto entry : wanted) {
    entry.id = 0;
    const auto found = std::ranges::find(stored, entry);
    if (found == stored.end()) {
      missing.push_back(std::move(entry));
    } else {
      stored.erase(found);
    }
  }
  return missing;
}

std::vector<audit_entry> all_bounded(std::vector<audit_entry> entries) {
  for (auto& entry : entries) entry = bounded(std::move(entry));
  return entries;
}

json to_json(const audit_entry& entry) {
  return {{"id", entry.id},
          {"at", to_rfc3339(entry.at)},
          {"request_id", text_or_null(entry.request_id)},
          {"actor",
           {{"kind", entry.actor.kind},
            {"name", text_or_null(entry.actor.name)},
            {"credential_id", text_or_null(entry.actor.credential_id)}}},
          {"source", text_or_null(entry.source)},
          {"tenant", text_or_null(entry.tenant)},
          {"action", entry.action},
          {"method", entry.method},
          {"path", entry.path},
          {"consumer_id", text_or_null(entry.consumer)},
          {"decision", to_string(entry.decision)},
          {"rule", text_or_null(entry.rule)},
          {"status", entry.status == 0 ? json() : json(entry.status)},
          {"revision_before", number_or_null(entry.revision_before)},
          {"revision_after", number_or_null(entry.revision_after)},
          {"reason", text_or_null(entry.reason)},
          {"outcome", to_string(entry.outcome)}};
}

}  // namespace kfs
