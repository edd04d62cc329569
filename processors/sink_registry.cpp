#include "processors/sink_registry.hpp"

#include <algorithm>
#include <utility>

#include "config/secrets/resolution.hpp"
#include "processors/database/options.hpp"
#include "processors/file/options.hpp"
#include "processors/http/options.hpp"
#include "processors/invalid_sink.hpp"
#include "processors/resolving_sink.hpp"

namespace kfs {

namespace {

/// The config with its secrets. What it refers to may name places, such as the host of a database, so it is checked
/// against what the server allows, as a request is.
result<json> allowed_config(const sink_type& type, const json& config, const std::string& topic,
                            const sink_environment& environment) {
  auto complete = resolved(*type.options, config, environment.secrets);
  if (!complete || !type.check) return complete;
  std::vector<violation> found;
  type.check({*complete, topic}, json::array(), environment, found);
  if (found.empty()) return complete;
  return failure(ec::secret_unavailable,
                 "with the secrets that they refer to, the options cannot be used: " + found.front().msg);
}

/// Makes the sink when the secrets are known.
sink_type with_secrets(sink_type type) {
  type.make = [plain = type](const consumer_spec& consumer, const processor_spec& processor,
                             const sink_environment& environment, const lifeline& watched, int instance) {
    if (!needs_resolution(*plain.options, processor.config))
      return plain.make(consumer, processor, environment, watched, instance);
    return make_resolving_sink({.resolve = [plain, config = processor.config, topic = consumer.topic,
                                            &environment] { return allowed_config(plain, config, topic, environment); },
                                .make =
                                    [plain, consumer, processor, &environment, watched, instance](const json& config) {
                                      auto complete = processor;
                                      complete.config = config;
                                      return plain.make(consumer, complete, environment, watched, instance);
                                    }});
  };
  return type;
}

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
  static const std::vector<sink_type> types{with_secrets(with_checked_options(file_sink_type())),
                                            with_secrets(with_checked_options(database_sync_type())),
                                            with_secrets(with_checked_options(streaming_forwarder_type()))};
  return types;
}

const sink_type* find_sink_type(std::string_view name) {
  const auto& types = sink_types();
  const auto found =
      std::find_if(types.begin(), types.end(), [&](const sink_type& type) { return type.options->name() == name; });
  return found == types.end() ? nullptr : &*found;
}

}  // namespace kfs
