#include "processors/sink_registry.hpp"

#include <algorithm>
#include <utility>

#include "processors/database/options.hpp"
#include "processors/file/options.hpp"
#include "processors/http/options.hpp"
#include "processors/invalid_sink.hpp"

namespace kfs {

namespace {

/// Sinks read their options without checking them once more. Those of a store may be older than a rule.
sink_type with_checked_options(sink_type type) {
  type.make = [options = type.options, make = std::move(type.make)](
                  const consumer_spec& consumer, const processor_spec& processor, const sink_environment& environment,
                  const lifeline& watched, int instance) {
    std::vector<violation> found;
    options->validate(processor.config, json::array(), found);
    if (found.empty()) return make(consumer, processor, environment, watched, instance);
    const auto field = found.front().loc.empty() ? std::string() : found.front().loc.back().dump() + ": ";
    return make_invalid_sink(field + found.front().msg);
  };
  return type;
}

}  // namespace

const std::vector<sink_type>& sink_types() {
  static const std::vector<sink_type> types{with_checked_options(file_sink_type()),
                                            with_checked_options(database_sync_type()),
                                            with_checked_options(streaming_forwarder_type())};
  return types;
}

const sink_type* find_sink_type(std::string_view name) {
  const auto& types = sink_types();
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const sink_type& type) { return type.options->name() == name; });
  return found == types.end() ? nullptr : &*found;
}

}  // namespace kfs
