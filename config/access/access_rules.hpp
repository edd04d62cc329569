#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/access/caller.hpp"
#include "config/base/error.hpp"

namespace kfs {

/// Who a token of an identity provider says that the caller is.
struct token_identity {
  std::string subject;
  std::vector<std::string> groups;
  std::optional<std::vector<std::string>> tenants;  ///< nullopt when the token has no such claim
  std::string credential_id;                        ///< names the token, and is no secret
};

/// Gives a role to the callers of one group, or to one subject.
struct access_binding {
  std::optional<std::string> group;
  std::optional<std::string> subject;
  std::string role;
  std::optional<tenant_scope> tenants;   ///< nullopt: the tenants that the token names
  std::optional<std::string> consumers;  ///< a glob that the topic or the group of a consumer matches
  bool operator==(const access_binding&) const = default;
};

/// The roles, and who has them: the built-in roles and what the access file adds.
///
/// A value. The default has the built-in roles and no bindings.
struct access_rules {
  std::map<std::string, permission_set, std::less<>> roles;  ///< of the file
  std::vector<access_binding> bindings;
  bool operator==(const access_rules&) const = default;

  /// The permissions of a role; nullopt when there is no role of that name.
  [[nodiscard]] std::optional<permission_set> role(std::string_view name) const;

  /// What the bindings give to a caller, one grant for each that fits. A binding with tenants gives them, and where the
  /// token names tenants too, those that both name.
  [[nodiscard]] std::vector<grant> grants_of(const token_identity& caller) const;
};

/// Reads the text of an access file (YAML): `roles`, each with `permissions`, and `bindings`, each with `group` or
/// `subject`, `role`, and perhaps `tenants` and `consumers`. `shown_as` is the file's name in messages.
///
/// Errors: invalid_request with every mistake and its line, one a line. Unknown keys, roles, permissions and names that
/// no tenant can have are mistakes; a file with a mistake is refused as a whole.
result<access_rules> read_access_rules(const std::string& text, const std::string& shown_as);

/// True for a name that a role can have: letters, digits, `-`, `_`, `.`, 1 to 63.
bool is_role_name(std::string_view name) noexcept;

}  // namespace kfs
