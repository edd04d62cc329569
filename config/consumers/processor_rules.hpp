#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "config/consumers/change.hpp"
#include "config/consumers/processor_catalog.hpp"

namespace kfs {

/// The rules for the list `processor_configs` of a consumer.
///
/// Ownership: a value; the catalog must outlive it.
/// Threading: the methods may be called from any thread.
class processor_rules {
 public:
  explicit processor_rules(const processor_catalog& catalog) : catalog_(catalog) {}

  /// Checks what the declaration of the list leaves open: each config against its type, duplicate ids, two processors
  /// with the same destination, masks that stand for no secret, and what `instances` members of a group cannot share.
  /// Appends to `found`. Skips items of the wrong shape, which the declaration has rejected.
  ///
  /// `stored`: the processors that a PUT changes. A config that equals a stored one of its type was accepted before and
  /// is accepted again, also where the file system or the server's settings have changed since.
  void check(const json& list, const json& loc, std::int64_t instances, std::span<const processor_spec> stored,
             std::vector<violation>& found) const;

  /// Appends what is wrong when several members of a group use a stored processor; `loc` is the place to blame.
  void check_with_instances(const std::vector<processor_spec>& stored, const json& loc, const json& instances,
                            std::vector<violation>& found) const;

  /// A copy of the list, which may have any shape, in which masks are replaced by the stored secrets. A mask takes its
  /// value from the stored processor with the same id, else from one that is equal but for its secrets, else from the
  /// one at the same index.
  [[nodiscard]] json unmasked(const json& list, const std::vector<processor_spec>& stored) const;

  /// The typed form of a checked list.
  [[nodiscard]] std::vector<requested_processor> requested(const json& checked) const;

  /// A copy with every secret of its config masked. The config of an unknown type becomes {}.
  [[nodiscard]] processor_spec masked(processor_spec processor) const;

 private:
  [[nodiscard]] const processor_type* checkable_type(const json& item) const;

  const processor_catalog& catalog_;
};

}  // namespace kfs
