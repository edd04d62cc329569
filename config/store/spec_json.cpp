#include "config/store/spec_json.hpp"

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

std::string_view to_string(target_state target) noexcept {
  return target == target_state::started ? "started" : "stopped";
}

json spec_to_json(const consumer_spec& spec) {
  json processors = json::array();
  for (const auto& processor : spec.processors) processors.push_back(processor_to_json(processor));
  return json{{"id", spec.id.value},
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

consumer_spec spec_from_json(const json& stored) {
  consumer_spec spec;
  spec.id = consumer_id{stored.at("id").get<std::string>()};
  spec.broker_ip = stored.at("broker_ip").get<std::string>();
  spec.broker_port = stored.at("broker_port").get<std::uint16_t>();
  spec.topic = stored.at("topic").get<std::string>();
  spec.consumer_group = stored.at("consumer_group").get<std::string>();
  for (const auto& processor : stored.at("processors")) spec.processors.push_back(processor_from_json(processor));
  spec.options = stored.at("options");
  const bool started = stored.at("target").get<std::string>() == to_string(target_state::started);
  spec.target = started ? target_state::started : target_state::stopped;
  spec.created_at = to_timestamp(stored.at("created_at"));
  spec.updated_at = to_timestamp(stored.at("updated_at"));
  spec.rev = revision{stored.at("revision").get<std::int64_t>()};
  return spec;
}

}  // namespace kfs
