#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/option_schema.hpp"

namespace kfs {

/// What the rules of a consumer need to know of a processor type. An empty function means that the type has no such
/// rule.
struct processor_type {
  std::shared_ptr<const object_schema> options;  ///< name() and summary() are the type's own
  /// Checks what the declaration alone cannot, such as whether the server allows a path. Appends to `found`; `loc` is
  /// the place of the config. Changes nothing outside.
  std::function<void(const json& config, const json& loc, std::vector<violation>& found)> check;
  /// Names the destination of a validated config. Two processors of one consumer must not share a destination, because
  /// they would share its offsets. Empty: they may share one.
  std::function<std::string(const json& config)> place;
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
