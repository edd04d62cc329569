#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/ids.hpp"
#include "config/base/json.hpp"
#include "config/base/timestamp.hpp"

namespace kfs {

/// Whether the request was allowed.
enum class audit_decision : std::uint8_t { allow, deny };

/// What came of it.
enum class audit_outcome : std::uint8_t {
  pending,  ///< it is being tried; left when that is known, or when the process has ended without saying
  done,
  failed,
  unknown,  ///< the process that tried it has ended before it said how it went
};

std::string_view to_string(audit_decision decision) noexcept;
std::string_view to_string(audit_outcome outcome) noexcept;

/// The outcome of that name; unknown for any other text.
audit_outcome to_audit_outcome(std::string_view name) noexcept;

/// Who asked.
struct audit_actor {
  std::string kind;           ///< "api_key", "jwt", "anonymous"
  std::string name;           ///< of the key, or the subject of the token
  std::string credential_id;  ///< names the key or token; no secret
  bool operator==(const audit_actor&) const = default;
};

/// One line of the audit: who asked for what, by which rule that was decided, and what came of it. Holds neither a
/// body nor a secret. An empty text means that there is none.
struct audit_entry {
  std::int64_t id = 0;  ///< given by the store; grows in the order in which entries become visible
  timestamp at;
  std::string request_id;
  audit_actor actor;
  std::string source;  ///< address of the caller
  std::string tenant;
  std::string action;  ///< what was asked for, e.g. "consumers.create"
  std::string method;
  std::string path;
  std::string consumer;  ///< its id
  audit_decision decision = audit_decision::allow;
  std::string rule;
  int status = 0;  ///< of the answer; 0 while it is not known
  std::optional<revision> revision_before;
  std::optional<revision> revision_after;
  std::string reason;  ///< the caller's own words
  audit_outcome outcome = audit_outcome::done;
  bool operator==(const audit_entry&) const = default;
};

/// The longest of an entry's texts, in bytes, and the longest of those that are searched: the actor's name, tenant,
/// action and consumer.
inline constexpr std::size_t longest_audit_text = 1'024;
inline constexpr std::size_t longest_audit_name = 256;

/// A copy whose texts are valid UTF-8 and not longer than that. A text that was cut ends in "…", which comes on top.
audit_entry bounded(audit_entry entry);
/// The same of each of them.
std::vector<audit_entry> all_bounded(std::vector<audit_entry> entries);

/// Those of `wanted` that are not among `stored`, in their order. Ids make no difference. An entry that is wanted twice
/// has to be there twice.
std::vector<audit_entry> missing_entries(const std::vector<audit_entry>& wanted, std::vector<audit_entry> stored);

/// The entry as GET /audit and the log show it, in the contract's order of keys; null for an empty text.
json to_json(const audit_entry& entry);

}  // namespace kfs
