#include "config/store/spec_json.hpp"

#include <set>

namespace kfs {
namespace {

std::int64_t to_number(timestamp at) {
  return at.time_since_epoch().count();
}

timestamp to_timestamp(const json& number) {
  return timestamp(std::chrono::milliseconds(number.get<std::int64_t>()));
}

json processor_to_json(const processor_spec& processor) {
  return json{{"id", processor.id.value},
              {"type", processor.type},
              {"config", processor.config},
              {"created_at", to_number(processor.created_at)},
              {"updated_at", to_number(processor.updated_at)}};
}

processor_spec processor_from_json(const json& stored) {
  return {processor_id{stored.at("id").get<std::string>()}, stored.at("type").get<std::string>(), stored.at("config"),
          to_timestamp(stored.at("created_at")), to_timestamp(stored.at("updated_at"))};
}

}  // namespace

json to_stored_json(const consumer_spec& spec) {
  json processors = json::array();
  for (const auto& processor : spec.processors) processors.push_back(processor_to_json(processor));
  return json{{"id", spec.id.value},
              {"tenant", spec.tenant},
              {"broker_ip", spec.broker_ip},
              {"broker_port", spec.broker_port},
              {"topic", spec.topic},
              {"consumer_group", spec.consumer_group},
              {"processors", std::move(processors)},
              {"options", spec.options},
              {"target", to_string(spec.target)},
              {"created_at", to_number(spec.created_at)},
              {"updated_at", to_number(spec.updated_at)},
              {"revision", spec.rev.value}};
}

std::string_view to_string(target_state target) noexcept {
  return target == target_state::started ? "started" : "stopped";
}

target_state to_target(std::string_view name) noexcept {
  return name == to_string(target_state::started) ? target_state::started : target_state::stopped;
}

result<std::string> to_stored_text(const consumer_spec& spec) {
  return to_stored_text(spec, to_stored_json(spec));
}

result<std::string> to_stored_text(const consumer_spec& spec, const json& stored) {
  std::set<std::string> ids;
  for (const auto& processor : spec.processors) {
    if (!ids.insert(processor.id.value).second) {
      return failure(ec::internal,
                     "two processors of consumer " + spec.id.value + " have the id " + processor.id.value);
    }
  }
  try {
    return stored.dump(-1, ' ', true);
  } catch (const json::exception&) {
    // Its message is not repeated: it quotes what it could not write, which may be a secret.
    return failure(ec::internal, "cannot store consumer " + spec.id.value + ": a text is not valid UTF-8");
  }
}

consumer_spec from_stored_text(const std::string& text) {
  return from_stored_json(json::parse(text));
}

consumer_spec from_stored_json(const json& stored) {
  consumer_spec spec;
  spec.id = consumer_id{stored.at("id").get<std::string>()};
  spec.tenant = stored.value("tenant", spec.tenant);
  spec.broker_ip = stored.at("broker_ip").get<std::string>();
  spec.broker_port = stored.at("broker_port").get<std::uint16_t>();
  spec.topic = stored.at("topic").get<std::string>();
  spec.consumer_group = stored.at("consumer_group").get<std::string>();
  for (const auto& processor : stored.at("processors")) spec.processors.push_back(processor_from_json(processor));
  spec.options = stored.at("options");
  spec.target = to_target(stored.at("target").get<std::string>());
  spec.created_at = to_timestamp(stored.at("created_at"));
  spec.updated_at = to_timestamp(stored.at("updated_at"));
  spec.rev = revision{stored.at("revision").get<std::int64_t>()};
  return spec;
}

}  // namespace kfs
