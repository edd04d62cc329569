#include "config/base/json.hpp"

template class nlohmann::basic_json<nlohmann::ordered_map>;
template class nlohmann::ordered_map<std::string, nlohmann::ordered_json>;
template class std::vector<nlohmann::ordered_json>;
