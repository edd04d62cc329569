#include "http/auth/audit_trail.hpp"

namespace kfs {

audit_entry entry_of(const request_access& access, const std::string& request_id, const std::string& remote,
                     const std::string& method, const std::string& path, const std::string& reason) {
  const auto& who = access.who();
  audit_entry entry;
  entry.at = now();
  entry.request_id = request_id;
  entry.actor = {std::string(to_string(who.kind)), who.name, who.credential_id};
  entry.source = source_of(remote);
  entry.tenant = access.audited_tenant();
  entry.action = access.route == nullptr ? "" : access.route->action;
  entry.method = method;
  entry.path = path;
  entry.consumer = access.consumer_id;
  entry.decision = access.denied ? audit_decision::deny : audit_decision::allow;
  entry.rule = access.rule;
  entry.reason = reason;
  return bounded(std::move(entry));
}

audit_entry entry_of(const exchange& exchanged) {
  const auto& request = exchanged.request;
  return entry_of(*exchanged.access, request.request_id, request.remote, request.method, request.path,
                  request.audit_reason.value_or(""));
}

void log_entry(const logger& log, const audit_entry& entry) {
  log.info("audit", {{"action", entry.action},
                     {"decision", std::string(to_string(entry.decision))},
                     {"rule", entry.rule},
                     {"kind", entry.actor.kind},
                     {"actor", entry.actor.name},
                     {"credential_id", entry.actor.credential_id},
                     {"source", entry.source},
                     {"tenant", entry.tenant},
                     {"consumer_id", entry.consumer},
                     {"status", std::to_string(entry.status)},
                     {"reason", entry.reason},
                     {"request_id", entry.request_id}});
}

std::string source_of(std::string_view remote) {
  const auto port = remote.rfind(':');
  auto address = remote.substr(0, port == std::string_view::npos ? remote.size() : port);
  if (address.starts_with('[') && address.ends_with(']')) address = address.substr(1, address.size() - 2);
  return std::string(address);
}

}  // namespace kfs
