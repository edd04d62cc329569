#pragma once

#include <nlohmann/json.hpp>
#include <vector>

namespace kfs {

/// JSON whose objects keep the order in which their keys were written, as answers need it.
using json = nlohmann::ordered_json;

}  // namespace kfs

// Compiled once, in json.cpp.
extern template class nlohmann::basic_json<nlohmann::ordered_map>;
extern template class nlohmann::ordered_map<std::string, nlohmann::ordered_json>;
extern template class std::vector<nlohmann::ordered_json>;
