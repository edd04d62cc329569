#pragma once

#include <nlohmann/json.hpp>

namespace kfs {

/// JSON whose objects keep the order in which their keys were written; answers need it.
using json = nlohmann::ordered_json;

}  // namespace kfs
