#include "config/store/access_json.hpp"

namespace kfs {
namespace {

std::string ascii(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

std::int64_t to_number(timestamp at) {
  return at.time_since_epoch().count();
}

timestamp time_in(const json& stored, const char* name) {
  return timestamp(std::chrono::milliseconds(stored.at(name).get<std::int64_t>()));
}

std::optional<revision> revision_in(const json& stored, const char* name) {
  const auto found = stored.find(name);
  if (found == stored.end()) return std::nullopt;
  return revision{found->get<std::int64_t>()};
}

}  // namespace

std::string to_stored_text(const api_key& key) {
  json stored{{"id", key.id},
              {"name", key.name},
              {"role", key.role},
              {"tenants", key.tenants},
              {"secret_sha256", key.secret_sha256},
              {"created_at", to_number(key.created_at)}};
  if (key.expires_at) stored["expires_at"] = to_number(*key.expires_at);
  return ascii(stored);
}

api_key key_from_stored_text(const std::string& text) {
  const auto stored = json::parse(text);
  api_key key;
  key.id = stored.at("id").get<std::string>();
  key.name = stored.at("name").get<std::string>();
  key.role = stored.at("role").get<std::string>();
  key.tenants = stored.at("tenants").get<std::vector<std::string>>();
  key.secret_sha256 = stored.at("secret_sha256").get<std::string>();
  key.created_at = time_in(stored, "created_at");
  if (stored.contains("expires_at")) key.expires_at = time_in(stored, "expires_at");
  return key;
}

std::string to_stored_text(const tenant& kept) {
  return ascii({{"name", kept.name},
                {"quotas", to_json(kept.quotas)},
                {"allowed", to_json(kept.allowed)},
                {"created_at", to_number(kept.created_at)},
                {"updated_at", to_number(kept.updated_at)}});
}

tenant tenant_from_stored_text(const std::string& text) {
  const auto stored = json::parse(text);
  auto kept = to_tenant(stored);
  kept.name = stored.at("name").get<std::string>();
  kept.created_at = time_in(stored, "created_at");
  kept.updated_at = time_in(stored, "updated_at");
  return kept;
}

std::string audit_details(const audit_entry& entry) {
  json stored = json::object();
  const auto add = [&stored](const char* name, const std::string& text) {
    if (!text.empty()) stored[name] = text;
  };
  add("request_id", entry.request_id);
  add("kind", entry.actor.kind);
  add("credential_id", entry.actor.credential_id);
  add("source", entry.source);
  add("method", entry.method);
  add("path", entry.path);
  if (entry.decision == audit_decision::deny) stored["deny"] = true;
  add("rule", entry.rule);
  if (entry.revision_before) stored["before"] = entry.revision_before->value;
  if (entry.revision_after) stored["after"] = entry.revision_after->value;
  add("reason", entry.reason);
  return ascii(stored);
}

void read_audit_details(const std::string& text, audit_entry& into) {
  const auto stored = json::parse(text);
  into.request_id = stored.value("request_id", "");
  into.actor.kind = stored.value("kind", "");
  into.actor.credential_id = stored.value("credential_id", "");
  into.source = stored.value("source", "");
  into.method = stored.value("method", "");
  into.path = stored.value("path", "");
  into.decision = stored.value("deny", false) ? audit_decision::deny : audit_decision::allow;
  into.rule = stored.value("rule", "");
  into.revision_before = revision_in(stored, "before");
  into.revision_after = revision_in(stored, "after");
  into.reason = stored.value("reason", "");
}

audit_entry entry_of(audit_entry entry, const consumer_change_facts& facts) {
  entry.consumer = facts.id.value;
  entry.tenant = facts.tenant;
  entry.revision_before = facts.before;
  entry.revision_after = facts.after;
  entry.outcome = audit_outcome::done;
  return entry;
}

std::string to_stored_ascii(const std::string& text) {
  const auto quoted = ascii(text);
  return quoted.substr(1, quoted.size() - 2);
}

std::string from_stored_ascii(const std::string& text) {
  return json::parse('"' + text + '"').get<std::string>();
}

}  // namespace kfs
