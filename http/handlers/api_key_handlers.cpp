#include "http/handlers/api_key_handlers.hpp"

#include <algorithm>

#include "config/base/sha256.hpp"
#include "config/base/text.hpp"
#include "http/auth/audit_trail.hpp"
#include "http/auth/guard.hpp"
#include "http/auth/request_access.hpp"
#include "http/dto/access_dto.hpp"
#include "http/message/answers.hpp"
#include "http/message/error_mapping.hpp"
#include "http/message/json_body.hpp"

namespace kfs {
namespace {

constexpr std::size_t id_bytes = 8;
constexpr std::size_t secret_bytes = 32;
constexpr std::size_t longest_key_name = 128;
constexpr std::size_t most_tenants = 100;

std::optional<std::string> wrong_tenants(const json& names) {
  const bool legal = std::ranges::all_of(names, [](const json& name) {
    return !name.is_string() || name == "*" || is_tenant_name(name.get_ref<const std::string&>());
  });
  if (!legal) return "it should be a list of names of tenants, or [\"*\"] for all";
  const auto is_all = [](const json& name) { return name == "*"; };
  if (names.size() > 1 && std::ranges::any_of(names, is_all))
    return "\"*\" is every tenant: name no other one beside it";
  for (const auto& name : names)
    if (std::ranges::count(names, name) > 1) return "it names tenant " + name.dump() + " more than once";
  return std::nullopt;
}

std::optional<std::string> wrong_time(const json& text) {
  const auto at = parse_any_rfc3339(text.get_ref<const std::string&>());
  if (!at) return "it should be a time such as 2027-01-01T00:00:00Z";
  if (*at <= now()) return "it should be a time in the future";
  return std::nullopt;
}

const object_schema& creation_schema() {
  static const object_schema schema = [] {
    option name{
        .name = "name", .summary = "For people.", .required = true, .min_length = 1, .max_length = longest_key_name};
    name.check = [](const json& text) -> std::optional<std::string> {
      if (!has_control_character(text.get_ref<const std::string&>())) return std::nullopt;
      return "it should have no control characters";
    };
    option role{.name = "role", .summary = "What the key may do.", .required = true, .min_length = 1, .max_length = 63};
    option tenants{.name = "tenants", .kind = value_kind::array, .summary = "Where it may do that.", .required = true};
    tenants.min_length = 1;
    tenants.max_length = most_tenants;
    tenants.items = std::make_shared<option>();
    tenants.check = wrong_tenants;
    option expires_at{.name = "expires_at", .summary = "When it ends.", .nullable = true, .max_length = 64};
    expires_at.check = wrong_time;
    return object_schema("API key", "A new API key.",
                         {std::move(name), std::move(role), std::move(tenants), std::move(expires_at)});
  }();
  return schema;
}

void reject(std::vector<violation>& found, const char* field, std::string message) {
  found.push_back({"value_error", json::array({"body", field}), "Value error, " + std::move(message), nullptr});
}

/// What is wrong with a valid body in view of the roles and tenants that exist.
std::vector<violation> mistakes_in(const json& body, const access_snapshot& known) {
  std::vector<violation> found;
  const auto role = body.at("role").get<std::string>();
  if (!known.rules().role(role)) {
    reject(found, "role",
           "there is no role '" + escaped(role, escaping::plain, longest_key_name) +
               "'; there are viewer, operator, editor, admin and the roles of ACCESS_FILE");
  }
  for (const auto& name : body.at("tenants")) {
    const auto tenant = name.get<std::string>();
    if (tenant == "*" || known.find_tenant(tenant) != nullptr) continue;
    reject(found, "tenants", "there is no tenant '" + tenant + "'; PUT /tenants/" + tenant + " creates it");
  }
  return found;
}

/// Whether the caller may manage the keys of all these tenants; else that was answered.
bool permit_keys_of(const exchange_ptr& exchanged, const std::vector<std::string>& tenants) {
  if (std::ranges::find(tenants, "*") != tenants.end()) return permit_whole(exchanged, permission::keys_manage);
  return std::ranges::all_of(
      tenants, [&](const std::string& tenant) { return permit_in_tenant(exchanged, permission::keys_manage, tenant); });
}

/// A permission that the key would have and its maker lacks in one of the tenants; nullopt when there is none.
std::optional<permission> beyond_maker(const caller& maker, const permission_set& held,
                                       const std::vector<std::string>& tenants) {
  const tenant_scope scope(tenants);
  for (std::size_t index = 0; index < permission_names.size(); ++index) {
    const auto each = static_cast<permission>(index);
    if (!held.holds(each)) continue;
    if (scope.all() && granting(maker, each, access_object::whole()) == nullptr) return each;
    for (const auto& tenant : scope.named()) {
      if (granting(maker, each, access_object::of_tenant(tenant)) == nullptr) return each;
    }
  }
  return std::nullopt;
}

bool manages(const exchange_ptr& exchanged, const api_key& key) {
  const auto& who = exchanged->access->who();
  const tenant_scope scope(key.tenants);
  // A key whose tenants were deleted is left to those who manage all keys.
  if (scope.all() || scope.empty()) return granting(who, permission::keys_manage, access_object::whole()) != nullptr;
  return std::ranges::all_of(scope.named(), [&](const std::string& tenant) {
    return granting(who, permission::keys_manage, access_object::of_tenant(tenant)) != nullptr;
  });
}

http_response no_such_key(const exchange& exchanged, const std::string& id) {
  exchanged.access->miss();
  return to_response(error{ec::not_found, "API key " + escaped(id, escaping::plain, longest_key_name) + " not found"});
}

/// Answers when this replica knows the change, so that whoever has the answer can rely on it here.
void answer_when_known(application_context& context, const exchange_ptr& exchanged, http_response answer) {
  context.bridge.ask<done>(
      context.environment.access.keeper, exchanged->request.deadline,
      [exchanged, answer = std::move(answer)](const result<done>&) { exchanged->respond.answer(answer); },
      refresh_atom::value);
}

}  // namespace

void list_api_keys(application_context& context, const exchange_ptr& exchanged) {
  context.bridge.ask<done>(
      context.environment.access.keeper, exchanged->request.deadline,
      [&context, exchanged](const result<done>& read) {
        if (!read) return exchanged->respond.answer(to_response(read.error()));
        const auto known = context.environment.access.book->snapshot();
        std::vector<const api_key*> keys;
        for (const auto& [id, key] : known->keys()) {
          if (manages(exchanged, key)) keys.push_back(&key);
        }
        std::ranges::sort(keys, {}, [](const api_key* key) { return std::pair(key->created_at, key->id); });
        auto listed = json::array();
        for (const auto* key : keys) listed.push_back(to_dto(*key));
        exchanged->respond.answer(ok(listed));
      },
      refresh_atom::value);
}

void create_api_key(application_context& context, const exchange_ptr& exchanged) {
  const auto body = read_json_body(exchanged->request);
  if (!body) return exchanged->respond.answer(body.error());
  std::vector<violation> found;
  creation_schema().validate(*body, json::array({"body"}), found);
  if (!found.empty()) return exchanged->respond.answer(to_response(found));
  const auto asked = creation_schema().cleaned(*body);
  const auto tenants = asked.at("tenants").get<std::vector<std::string>>();
  if (!permit_keys_of(exchanged, tenants)) return;
  const auto known = context.environment.access.book->snapshot();
  if (found = mistakes_in(asked, *known); !found.empty()) return exchanged->respond.answer(to_response(found));
  auto& access = *exchanged->access;
  const auto role = asked.at("role").get<std::string>();
  if (const auto beyond = beyond_maker(access.who(), *known->rules().role(role), tenants)) {
    access.deny();
    return exchanged->respond.answer(missing_permission(*beyond, "to give it to a key"));
  }
  access.tenant = tenants.size() == 1 && tenants.front() != "*" ? tenants.front() : "";
  const auto secret = random_hex(secret_bytes);
  api_key made{.id = random_hex(id_bytes),
               .name = asked.at("name").get<std::string>(),
               .role = role,
               .tenants = tenants,
               .secret_sha256 = sha256_hex(secret),
               .created_at = now(),
               .expires_at = std::nullopt,
               .last_used_at = std::nullopt};
  if (asked.contains("expires_at")) made.expires_at = parse_any_rfc3339(asked.at("expires_at").get<std::string>());
  auto shown = to_dto(made);
  shown["key"] = api_key_text(made.id, secret);
  auto entry = entry_of(*exchanged);
  entry.status = 201;
  context.bridge.ask<done>(
      context.environment.access.store, exchanged->request.deadline,
      [&context, exchanged, shown = std::move(shown), id = made.id](const result<done>& stored) {
        if (!stored) return exchanged->respond.answer(to_response(stored.error()));
        exchanged->access->audited->store(true);
        auto answer = created(to_body(shown), "/api-keys/" + id);
        answer.headers.emplace_back("Cache-Control", "no-store");
        answer_when_known(context, exchanged, std::move(answer));
      },
      create_atom::value, made, std::move(entry));
}

void delete_api_key(application_context& context, const exchange_ptr& exchanged) {
  const auto id = exchanged->request.parameters.front();
  context.bridge.ask<done>(
      context.environment.access.keeper, exchanged->request.deadline,
      [&context, exchanged, id](const result<done>& read) {
        if (!read) return exchanged->respond.answer(to_response(read.error()));
        const auto known = context.environment.access.book->snapshot();
        const auto* key = known->key(id);
        if (key == nullptr || !manages(exchanged, *key)) {
          return exchanged->respond.answer(no_such_key(*exchanged, id));
        }
        if (key->tenants.size() == 1 && key->tenants.front() != "*") exchanged->access->tenant = key->tenants.front();
        auto entry = entry_of(*exchanged);
        entry.status = 204;
        context.bridge.ask<done>(
            context.environment.access.store, exchanged->request.deadline,
            [&context, exchanged, id](const result<done>& removed) {
              if (!removed && removed.error().code == ec::not_found)
                return exchanged->respond.answer(no_such_key(*exchanged, id));
              if (!removed) return exchanged->respond.answer(to_response(removed.error()));
              exchanged->access->audited->store(true);
              answer_when_known(context, exchanged, no_content());
            },
            delete_atom::value, api_key_id{id}, std::move(entry));
      },
      refresh_atom::value);
}

}  // namespace kfs
