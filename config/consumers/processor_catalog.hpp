#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/option_schema.hpp"

namespace kfs {

/// The names of the destinations to which a processor writes, or may write.
using place_names = std::vector<std::string>;

/// A config, and the topic of the records that it gets.
struct config_for_topic {
  const json& config;
  std::string_view topic;  ///< empty when the request names no valid one
};

/// What the rules of a consumer need to know of a processor type. An empty function means that the type has no such
/// rule. Every config is valid by the declaration.
struct processor_type {
  std::shared_ptr<const object_schema> options;  ///< name() and summary() are the type's own
  /// Checks what the declaration alone cannot, such as whether the server allows a path. Appends to `found`; `loc` is
  /// the place of the config. Changes nothing outside.
  std::function<void(const config_for_topic&, const json& loc, std::vector<violation>& found)> check;
  /// The destinations of a config. Two processors of one consumer must not share a destination, because they would
  /// share its offsets. Empty: they may share one.
  std::function<place_names(const config_for_topic&)> places_of;
  /// True when two processors might share a destination. Empty: when they have an element in common.
  std::function<bool(const place_names&, const place_names&)> may_meet;
  /// What to change when two processors share a destination: "give each its own file_path".
  std::string how_to_part;
  /// What is wrong with a config beside that of another consumer; nullopt when nothing is. Does not wait for a disk.
  std::function<std::optional<std::string>(const config_for_topic&, const config_for_topic& of_other)>
      mistake_beside_other;
  /// False for a config for which mistake_beside_other() never finds anything, so that the others need not be loaded.
  std::function<bool(const config_for_topic&)> minds_others;
  /// Names where the secrets of a config, of any shape, are sent. A mask stands for the stored secret only while this
  /// stays the same. Empty: a mask always stands for the stored secret.
  std::function<std::string(const json& config)> secrets_go_to;
  /// Returns what is wrong with a validated config when several members of the consumer's group use it at once.
  std::function<std::optional<violation>(const json& config, const json& loc)> mistake_with_instances;
};

/// The processor types of a server.
///
/// Threading: the methods may be called from any thread.
class processor_catalog {
 public:
  virtual ~processor_catalog() = default;

  /// The type of that name, or null. The pointer stays valid as long as the catalog.
  [[nodiscard]] virtual const processor_type* find(std::string_view name) const = 0;

  /// The names of all types, in the order in which they are documented.
  [[nodiscard]] virtual std::vector<std::string> names() const = 0;
};

}  // namespace kfs
