#pragma once

#include <map>
#include <string>

#include "config/base/ids.hpp"

namespace kfs {

/// For processors of one consumer: the version of the processor's destination that last accepted a record. A processor
/// whose destination is not known to have accepted one is missing. The sink makes versions (destination_evidence).
using accepted_versions = std::map<processor_id, std::string>;

}  // namespace kfs
