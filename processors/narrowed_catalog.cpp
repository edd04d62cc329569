#include "processors/narrowed_catalog.hpp"

#include <utility>

#include "processors/sink_catalog.hpp"

namespace kfs {
namespace {

/// A catalog with the environment that it is bound to.
class tenant_catalog final : public processor_catalog {
 public:
  explicit tenant_catalog(sink_environment environment)
      : environment_(std::make_unique<const sink_environment>(std::move(environment))), types_(*environment_) {}

  [[nodiscard]] const processor_type* find(std::string_view name) const override { return types_.find(name); }
  [[nodiscard]] std::vector<std::string> names() const override { return types_.names(); }

 private:
  std::unique_ptr<const sink_environment> environment_;
  sink_catalog types_;
};

std::string name_of(const std::string& list, const tenant& limited) {
  return "allowed." + list + " of tenant '" + limited.name + "'";
}

address_policy hosts_of(const std::vector<std::string>& entries, const std::string& list, const tenant& limited) {
  auto name = name_of(list, limited);
  const auto policy = address_policy::exactly(entries, name);
  return policy ? *policy : *address_policy::exactly({}, name);
}

}  // namespace

address_policy forwarder_hosts_of(const tenant& limited) {
  const auto& listed = limited.allowed.forwarder_hosts;
  return listed ? hosts_of(*listed, "forwarder_hosts", limited) : address_policy();
}

std::unique_ptr<processor_catalog> narrowed_catalog(const sink_environment& environment, const tenant& limited,
                                                    const endpoints_maker& make_endpoints) {
  auto narrowed = environment;
  const auto& allowed = limited.allowed;
  if (allowed.file_directories) {
    narrowed.file_sink_directories.assign(allowed.file_directories->begin(), allowed.file_directories->end());
    narrowed.file_directories_from = name_of("file_directories", limited);
  }
  if (allowed.database_hosts) {
    narrowed.database_hosts = hosts_of(*allowed.database_hosts, "database_hosts", limited);
    narrowed.names_database_hosts = true;
  }
  if (allowed.forwarder_hosts) narrowed.endpoints = make_endpoints(forwarder_hosts_of(limited));
  return std::make_unique<tenant_catalog>(std::move(narrowed));
}

}  // namespace kfs
