#pragma once

#include <functional>
#include <memory>

#include "config/access/tenant.hpp"
#include "config/consumers/processor_catalog.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// Makes endpoints that allow the hosts of a policy only.
using endpoints_maker = std::function<std::shared_ptr<http_endpoints>(address_policy)>;

/// The processor types with checks that allow the hosts and directories of the tenant's lists only; where it has no
/// such list, those of `environment`. Lists that cannot be read, because they were stored by another version, allow
/// nothing.
std::unique_ptr<processor_catalog> narrowed_catalog(const sink_environment& environment, const tenant& limited,
                                                    const endpoints_maker& make_endpoints);

/// The hosts to which forwarders of the tenant may send: those of its list; any, where it has none.
address_policy forwarder_hosts_of(const tenant& limited);

}  // namespace kfs
