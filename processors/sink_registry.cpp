#include "processors/sink_registry.hpp"

#include <algorithm>

#include "processors/database/options.hpp"
#include "processors/file/options.hpp"
#include "processors/http/options.hpp"

namespace kfs {

const std::vector<sink_type>& sink_types() {
  static const std::vector<sink_type> types{file_sink_type(), database_sync_type(), streaming_forwarder_type()};
  return types;
}

const sink_type* find_sink_type(std::string_view name) {
  const auto& types = sink_types();
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const sink_type& type) { return type.options->name() == name; });
  return found == types.end() ? nullptr : &*found;
}

}  // namespace kfs
