#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/base/error.hpp"
#include "config/base/ids.hpp"

namespace kfs {

/// The revisions at which a command may take effect: an If-Match header as plain data. It is checked when the command's
/// turn comes, so no other command can take effect between the check and the command.
struct revision_condition {
  enum class allows : std::uint8_t {
    any_revision,  ///< there is no condition, or `*`
    listed_tags,   ///< the revision is one of `tags`
    nothing,       ///< the header was not a list of entity tags
  };

  allows allowed = allows::any_revision;
  std::vector<std::string> tags;  ///< strong entity tags, without quotes
  std::string subject;            ///< the consumer's name in messages: "Consumer 123e…"

  /// Allows exactly one revision.
  static revision_condition only(revision wanted);

  /// Errors: stale_revision.
  [[nodiscard]] result<void> check(revision current) const;
  bool operator==(const revision_condition&) const = default;
};

}  // namespace kfs
