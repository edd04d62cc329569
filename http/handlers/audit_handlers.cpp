#include "http/handlers/audit_handlers.hpp"

#include <limits>

#include "config/base/text.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/query_parameters.hpp"

namespace kfs {
namespace {

std::optional<timestamp> read_time(query_parameters& query, std::string_view name) {
  const auto given = query.text(name);
  if (!given) return std::nullopt;
  const auto at = parse_any_rfc3339(*given);
  if (!at) query.add_mistake(name, "value_error", "Value error, it should be a time such as 2027-01-01T00:00:00Z");
  return at;
}

audit_filter read_audit_filter(query_parameters& query) {
  audit_filter filter;
  filter.after = query.integer("after", 0, std::numeric_limits<std::int64_t>::max() - 1).value_or(0);
  filter.limit = static_cast<std::size_t>(query.integer("limit", 1, static_cast<std::int64_t>(most_audit_page))
                                              .value_or(static_cast<std::int64_t>(filter.limit)));
  filter.actor = query.text("actor");
  if (auto tenant = query.text("tenant")) filter.tenants = {std::move(*tenant)};
  if (auto consumer = query.text("consumer_id")) filter.consumer = lower_case(*consumer);
  filter.action = query.text("action");
  filter.from = read_time(query, "from");
  filter.to = read_time(query, "to");
  return filter;
}

/// Narrows the filter to what the caller may see. Entries of no tenant are about the whole, and a grant for some
/// consumers shows none.
void narrow(audit_filter& filter, const caller& who) {
  if (granting(who, permission::audit_view, access_object::whole()) != nullptr) return;
  tenant_scope scope;
  for (const auto& given : who.grants) {
    if (given.permissions.holds(permission::audit_view) && !given.consumers) scope = scope.joined(given.tenants);
  }
  filter.tenants = (filter.tenants ? scope.within(tenant_scope(*filter.tenants)) : scope).named();
}

}  // namespace

void list_audit(application_context& context, const exchange_ptr& exchanged) {
  query_parameters query(exchanged->request);
  auto filter = read_audit_filter(query);
  if (!query.mistakes().empty()) return exchanged->respond.answer(to_response(query.mistakes()));
  narrow(filter, exchanged->access->who());
  context.bridge.ask<audit_page_ptr>(
      context.environment.access.store, exchanged->request.deadline,
      [exchanged](const result<audit_page_ptr>& found) {
        if (!found) return exchanged->respond.answer(to_response(found.error()));
        auto listed = json::array();
        for (const auto& entry : (*found)->entries) listed.push_back(to_json(entry));
        exchanged->respond.answer(ok(listed));
      },
      audit_atom::value, std::move(filter));
}

}  // namespace kfs
