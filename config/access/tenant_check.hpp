#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "config/access/tenant.hpp"
#include "config/consumers/processor_catalog.hpp"
#include "config/consumers/spec.hpp"
#include "config/schema/option_schema.hpp"

namespace kfs {

/// Makes a catalog whose checks allow the hosts and directories of a tenant only.
using catalog_narrower = std::function<std::unique_ptr<processor_catalog>(const tenant&)>;

/// What of a consumer lies beyond the `allowed` lists of its tenant, in the form of mistakes in the body of a POST.
/// `defaults`: what holds where the consumer's options say nothing.
///
/// A host name must be listed itself: an address or a block does not allow the names that lead there.
/// Threading: safe from any thread. A check of a path may read the file system.
std::vector<violation> beyond_tenant(const consumer_spec& spec, const tenant& limited, const policy_defaults& defaults,
                                     const catalog_narrower& narrow);

/// Whether a tenant's lists forbid anything at all.
bool limits_anything(const tenant& limited) noexcept;

}  // namespace kfs
