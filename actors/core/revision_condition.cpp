#include "actors/core/revision_condition.hpp"

#include <algorithm>

namespace kfs {

revision_condition revision_condition::only(revision wanted) {
  return {.allowed = allows::listed_tags, .tags = {std::to_string(wanted.value)}, .subject = "The consumer"};
}

result<void> revision_condition::check(revision current) const {
  if (allowed == allows::any_revision) return {};
  if (allowed == allows::nothing) {
    return failure(
        ec::stale_revision,
        "If-Match is not a list of entity tags; send the ETag of the answer with its quotes, for example \"1\"");
  }
  const auto current_tag = std::to_string(current.value);
  if (std::ranges::find(tags, current_tag) != tags.end()) return {};
  return failure(ec::stale_revision, subject + " is at revision " + current_tag +
                                         ", which If-Match does not name; read it again and repeat the change");
}

}  // namespace kfs
