#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "config/consumers/change.hpp"
#include "config/consumers/processor_catalog.hpp"
#include "config/secrets/secret_source.hpp"

namespace kfs {

/// Every consumer that is stored; null when the store does not answer.
using consumer_lister = std::function<std::shared_ptr<const std::vector<consumer_spec>>()>;

/// What besides the list decides whether processors are accepted.
struct processor_surroundings {
  std::string topic = {};      ///< whose records they get; empty when the request names no valid one
  std::int64_t instances = 1;  ///< of the consumer
  /// Processors that were accepted for this topic before. A config that equals one of its type is accepted again, also
  /// where the file system, the server's settings or other consumers have changed since.
  std::span<const processor_spec> accepted = {};
  consumer_lister all_consumers = {};  ///< empty function: what other consumers do is not checked
  std::string consumer_id = {};        ///< of this consumer, which is no other; empty for a new one
  std::string tenant = "default";      ///< of this consumer; nothing is told of consumers of other tenants
};

/// The rules for the list `processor_configs` of a consumer.
///
/// Ownership: a value; the catalog and the source of secrets must outlive it.
/// Threading: the methods may be called from any thread.
class processor_rules {
 public:
  processor_rules(const processor_catalog& catalog, const secret_source& secrets)
      : catalog_(catalog), secrets_(secrets) {}

  /// Checks what the declaration of the list leaves open: each config against its type, duplicate ids, two processors
  /// with the same destination, one in the way of another consumer, masks that stand for no secret, references that
  /// nobody may have, and what several members of a group cannot share.
  /// Appends to `found`. Skips items of the wrong shape, which the declaration has rejected.
  ///
  void check(const json& list, const json& loc, const processor_surroundings& with,
             std::vector<violation>& found) const;

  /// Appends what is wrong when stored processors get the records of another topic; `loc` is the place to blame.
  void check_with_topic(const std::vector<processor_spec>& stored, const json& loc, const processor_surroundings& with,
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
  class surroundings_check;

  [[nodiscard]] const processor_type* checkable_type(const json& item) const;

  const processor_catalog& catalog_;
  const secret_source& secrets_;
};

}  // namespace kfs
