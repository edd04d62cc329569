#include "config/access/tenant_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "config/access/glob.hpp"
#include "config/base/address_policy.hpp"
#include "config/base/endpoint.hpp"
#include "config/secrets/resolution.hpp"

namespace kfs {
namespace {

class limits_check {
 public:
  limits_check(const consumer_spec& spec, const tenant& limited) : spec_(spec), limited_(limited) {}

  void check_name(const tenant_limits::list& patterns, const char* list, const std::string& name, json loc) {
    if (!patterns || std::ranges::any_of(*patterns, [&](const auto& glob) { return matches_glob(glob, name); })) return;
    reject(std::move(loc), fmt::format("'{}' matches none of allowed.{} of tenant '{}'", name, list, limited_.name),
           name);
  }

  void check_brokers() {
    if (!limited_.allowed.brokers) return;
    const auto policy = address_policy::exactly(*limited_.allowed.brokers,
                                                fmt::format("allowed.brokers of tenant '{}'", limited_.name));
    if (!policy) return reject(json::array({"body", "broker_ip"}), policy.error().message, nullptr);
    const auto check = [&](const std::string& host, json loc, const json& input) {
      if (const auto allowed = policy->check_host(host); !allowed)
        reject(std::move(loc), allowed.error().message, input);
    };
    check(spec_.broker_ip, json::array({"body", "broker_ip"}), spec_.broker_ip);
    const auto servers = spec_.bootstrap_servers();
    const auto places = parse_endpoints(servers);
    if (!places) return;
    for (const auto& place : *places) {
      if (place.host != spec_.broker_ip)
        check(place.host, json::array({"body", "options", "kafka", "bootstrap_servers"}), servers);
    }
  }

  void check_processors(const catalog_narrower& narrow) {
    const auto& allowed = limited_.allowed;
    if (!allowed.forwarder_hosts && !allowed.database_hosts && !allowed.file_directories) return;
    const auto catalog = narrow(limited_);
    for (std::size_t index = 0; index < spec_.processors.size(); ++index) {
      const auto& processor = spec_.processors[index];
      const auto* type = catalog->find(processor.type);
      // What the store could not decrypt cannot run, so it reaches nothing.
      if (type == nullptr || !type->check || sealed_secret_in(processor.config)) continue;
      type->check({processor.config, spec_.topic}, json::array({"body", "processor_configs", index, "config"}), found_);
    }
  }

  void reject(json loc, const std::string& message, json input) {
    found_.push_back({"value_error", std::move(loc), "Value error, " + message, std::move(input)});
  }

  std::vector<violation> found() && { return std::move(found_); }

 private:
  const consumer_spec& spec_;
  const tenant& limited_;
  std::vector<violation> found_;
};

}  // namespace

std::vector<violation> beyond_tenant(const consumer_spec& spec, const tenant& limited, const policy_defaults& defaults,
                                     const catalog_narrower& narrow) {
  if (!limits_anything(limited)) return {};
  limits_check check(spec, limited);
  const auto& allowed = limited.allowed;
  check.check_name(allowed.topics, "topics", spec.topic, json::array({"body", "topic"}));
  const auto on_error = typed_options(spec.options, defaults).on_error;
  if (on_error.policy == rejection_policy::dead_letter) {
    check.check_name(allowed.topics, "topics", on_error.dead_letter_topic_of(spec.topic),
                     json::array({"body", "options", "on_error", "dead_letter_topic"}));
  }
  check.check_name(allowed.consumer_groups, "consumer_groups", spec.consumer_group,
                   json::array({"body", "consumer_group"}));
  check.check_brokers();
  check.check_processors(narrow);
  return std::move(check).found();
}

bool limits_anything(const tenant& limited) noexcept {
  return limited.allowed != tenant_limits();
}

}  // namespace kfs
