#include "config/settings/links.hpp"

#include "config/base/endpoint.hpp"

namespace kfs {
namespace {

bool is_every_address(const std::string& host) {
  return host == "0.0.0.0" || host == "::";
}

}  // namespace

std::optional<conflicting_setting> mistake_in_links(const settings& configured) {
  const auto& links = configured.links;
  if (!links.on()) {
    for (const auto& [name, is_set] : {std::pair{"CLUSTER_PORT", links.port != 0},
                                       {"CLUSTER_ADVERTISE", !links.advertise.empty()},
                                       {"CLUSTER_CERTIFICATE", !links.certificate.empty()},
                                       {"CLUSTER_KEY", !links.key.empty()},
                                       {"CLUSTER_CA", !links.ca.empty()}}) {
      if (is_set)
        return conflicting_setting{name, "has no effect without CLUSTER_HOST: set that too, or unset this one"};
    }
    return std::nullopt;
  }
  if (configured.database_url.empty()) {
    return conflicting_setting{
        "CLUSTER_HOST",
        "needs DATABASE_URL: replicas share consumers through PostgreSQL. A server with the embedded "
        "store is alone; unset CLUSTER_HOST"};
  }
  const int files = static_cast<int>(!links.certificate.empty()) + static_cast<int>(!links.key.empty()) +
                    static_cast<int>(!links.ca.empty());
  if (files != 0 && files != 3) {
    std::string missing;
    const char* first = nullptr;
    for (const auto& [name, file] : {std::pair{"CLUSTER_CERTIFICATE", &links.certificate},
                                     {"CLUSTER_KEY", &links.key},
                                     {"CLUSTER_CA", &links.ca}}) {
      if (!file->empty()) continue;
      missing += missing.empty() ? "" : " and ";
      missing += name;
      if (first == nullptr) first = name;
    }
    return conflicting_setting{
        first, "is missing: CLUSTER_CERTIFICATE, CLUSTER_KEY and CLUSTER_CA are set together; set " + missing};
  }
  if (files == 0 && !links.insecure && !is_loopback(links.host)) {
    return conflicting_setting{
        "CLUSTER_HOST",
        "is not a loopback address, and whoever reaches an unprotected link controls this replica: set "
        "CLUSTER_CERTIFICATE, CLUSTER_KEY and CLUSTER_CA, or CLUSTER_INSECURE=true if only replicas "
        "can reach it"};
  }
  const auto advertised = parse_endpoint(links.advertise);
  if (advertised && is_every_address(advertised->host)) {
    return conflicting_setting{"CLUSTER_ADVERTISE",
                               "names every address: set the one where other replicas reach this one"};
  }
  if (is_every_address(links.host) && links.advertise.empty()) {
    return conflicting_setting{"CLUSTER_ADVERTISE", "is missing: other replicas cannot connect to " + links.host +
                                                        "; set host:port where they reach this one"};
  }
  return std::nullopt;
}

}  // namespace kfs
