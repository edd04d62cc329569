#pragma once

#include <vector>

#include "config/consumers/processor_catalog.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// The registered processor types as the rules of consumers see them: each check is bound to what this process allows.
///
/// Ownership: made by main(); the environment must outlive it.
/// Threading: the methods may be called from any thread.
class sink_catalog final : public processor_catalog {
 public:
  explicit sink_catalog(const sink_environment& environment);

  [[nodiscard]] const processor_type* find(std::string_view name) const override;
  [[nodiscard]] std::vector<std::string> names() const override;

 private:
  std::vector<processor_type> types_;
};

}  // namespace kfs
