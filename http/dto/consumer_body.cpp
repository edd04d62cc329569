#include "http/dto/consumer_body.hpp"

#include <algorithm>

#include "config/base/endpoint.hpp"
#include "http/dto/consumer_schema.hpp"
#include "http/dto/processor_body.hpp"

namespace kfs {
namespace {

const json& body_loc() {
  static const json loc = json::array({"body"});
  return loc;
}

/// A member of that type; null where it is absent or something else.
const json* member(const json& object, const char* name, json::value_t type) {
  const auto at = object.find(name);
  return at != object.end() && at->type() == type ? &*at : nullptr;
}

void check_host(std::string_view host, const json& loc, const json& input, const body_rules& rules,
                std::vector<violation>& found) {
  if (const auto allowed = rules.configured.kafka_allowed_brokers.check_host(host); !allowed) {
    found.push_back({"value_error", loc, "Value error, " + allowed.error().message, input});
  }
}

void check_broker(const json& body, const body_rules& rules, std::vector<violation>& found) {
  const auto* host = member(body, "broker_ip", json::value_t::string);
  if (host == nullptr || wrong_broker_host(host->get_ref<const std::string&>())) return;
  check_host(host->get_ref<const std::string&>(), json::array({"body", "broker_ip"}), *host, rules, found);
}

void check_bootstrap_servers(const json& body, const body_rules& rules, std::vector<violation>& found) {
  const auto* options = member(body, "options", json::value_t::object);
  const auto* kafka = options == nullptr ? nullptr : member(*options, "kafka", json::value_t::object);
  const auto* servers = kafka == nullptr ? nullptr : member(*kafka, "bootstrap_servers", json::value_t::string);
  if (servers == nullptr) return;
  const auto places = parse_endpoints(servers->get_ref<const std::string&>());
  if (!places) return;  // the declaration has refused it
  const auto loc = json::array({"body", "options", "kafka", "bootstrap_servers"});
  for (const auto& place : *places) check_host(place.host, loc, *servers, rules, found);
}

/// The options that will hold: those of the body, else the stored ones.
json options_to_be(const json& body, const consumer_spec* stored) {
  const auto* sent = member(body, "options", json::value_t::object);
  if (sent != nullptr) return *sent;
  return stored != nullptr ? stored->options : json::object();
}

std::int64_t instances_of(const json& options) {
  const auto instances = options.find("instances");
  return instances != options.end() && instances->is_number_integer() ? instances->get<std::int64_t>() : 1;
}

/// What several members of the group cannot have. Processors that the body sends are checked with it.
void check_instances(const json& body, const consumer_spec* stored, const json& options,
                     std::vector<violation>& found) {
  if (instances_of(options) <= 1) return;
  const auto loc = json::array({"body", "options", "instances"});
  if (const auto* partitions = member(options, "partitions", json::value_t::array);
      partitions && !partitions->empty()) {
    found.push_back({"value_error", loc,
                     "Value error, instances are members of a group, which divides the partitions among them; with "
                     "options.partitions there can be only 1, else each record would be read by all",
                     options["instances"]});
  }
  if (stored == nullptr || body.contains("processor_configs")) return;
  for (const auto& processor : stored->processors) {
    const auto* type = find_sink_type(processor.type);
    if (type == nullptr || !type->mistake_with_instances) continue;
    if (auto mistake = type->mistake_with_instances(processor.config, loc))
      found.push_back({mistake->type, loc, mistake->msg, options["instances"]});
  }
}

/// Against the topic that the consumer will read: the body's, or where a change names none the stored one.
void check_dead_letter_topic(const json& body, const consumer_spec* stored, const json& options,
                             const body_rules& rules, std::vector<violation>& found) {
  const auto* topic = member(body, "topic", json::value_t::string);
  if (topic == nullptr && stored == nullptr) return;
  const auto read = topic != nullptr ? topic->get<std::string>() : stored->topic;
  const auto on_error = typed_options(consumer_options_schema().cleaned(options), rules.configured.policies).on_error;
  const auto wrong = wrong_dead_letter_topic(on_error, read);
  if (!wrong) return;
  const auto loc = body.contains("options") ? json::array({"body", "options", "on_error", "dead_letter_topic"})
                                            : json::array({"body", "topic"});
  found.push_back({"value_error", loc, "Value error, " + *wrong, on_error.dead_letter_topic_of(read)});
}

bool concerns_options(const violation& mistake) {
  return mistake.loc.size() > 1 && mistake.loc[1] == "options";
}

/// Checks all of a body whose masks have been replaced.
void check_body(const object_schema& schema, const json& body, const consumer_spec* stored, const body_rules& rules,
                std::vector<violation>& found) {
  schema.validate(body, body_loc(), found);
  if (!body.is_object()) return;
  const bool options_are_readable = found.size() < most_violations && std::ranges::none_of(found, concerns_options);
  check_broker(body, rules, found);
  check_bootstrap_servers(body, rules, found);
  const auto options = options_to_be(body, stored);
  if (options_are_readable) check_dead_letter_topic(body, stored, options, rules, found);
  if (const auto* sent = member(body, "options", json::value_t::object)) {
    consumer_options_schema().reject_masks(*sent, json::array({"body", "options"}), found);
  }
  check_instances(body, stored, options, found);
  if (const auto* processors = member(body, "processor_configs", json::value_t::array)) {
    check_processors(*processors, json::array({"body", "processor_configs"}), rules.sinks, instances_of(options),
                     found);
  }
}

json with_secrets_of(const consumer_spec& stored, const json& body) {
  if (!body.is_object()) return body;
  json changed = body;
  if (member(body, "options", json::value_t::object) != nullptr) {
    changed["options"] = consumer_options_schema().unmasked(body["options"], stored.options);
  }
  if (const auto* processors = member(body, "processor_configs", json::value_t::array)) {
    changed["processor_configs"] = unmasked_processors(*processors, stored.processors);
  }
  return changed;
}

void check_same_id(const json& body, const consumer_spec& stored, std::vector<violation>& found) {
  if (!body.is_object() || !body.contains("consumer_id") || body["consumer_id"] == stored.id.value) return;
  found.push_back({"value_error", json::array({"body", "consumer_id"}),
                   "Value error, a consumer keeps its id; leave it out, or send the one in the path", nullptr});
}

template <class T>
std::optional<T> field(const json& clean, const char* name) {
  const auto at = clean.find(name);
  return at == clean.end() ? std::nullopt : std::optional<T>(at->get<T>());
}

}  // namespace

validated<consumer_request> read_creation(const json& body, const body_rules& rules) {
  std::vector<violation> found;
  check_body(consumer_creation_schema(), body, nullptr, rules, found);
  if (!found.empty()) return tl::make_unexpected(std::move(found));
  const auto clean = consumer_creation_schema().cleaned(body);
  consumer_request request;
  if (auto id = field<std::string>(clean, "consumer_id")) request.id = consumer_id{std::move(*id)};
  request.broker_ip = clean["broker_ip"].get<std::string>();
  request.broker_port = clean["broker_port"].get<std::uint16_t>();
  request.topic = clean["topic"].get<std::string>();
  request.consumer_group = clean["consumer_group"].get<std::string>();
  request.auto_start = clean["auto_start"].get<bool>();
  request.processors = requested_processors(clean["processor_configs"]);
  request.options = clean.value("options", json::object());
  return request;
}

validated<consumer_change> read_change(const json& body, const consumer_spec& stored, const body_rules& rules) {
  std::vector<violation> found;
  const auto unmasked = with_secrets_of(stored, body);
  check_body(consumer_update_schema(), unmasked, &stored, rules, found);
  check_same_id(body, stored, found);
  if (!found.empty()) return tl::make_unexpected(std::move(found));
  const auto clean = consumer_update_schema().cleaned(unmasked);
  consumer_change change;
  change.broker_ip = field<std::string>(clean, "broker_ip");
  change.broker_port = field<std::uint16_t>(clean, "broker_port");
  change.topic = field<std::string>(clean, "topic");
  change.consumer_group = field<std::string>(clean, "consumer_group");
  change.options = field<json>(clean, "options");
  if (const auto processors = field<json>(clean, "processor_configs")) {
    change.processors = requested_processors(*processors);
  }
  return change;
}

}  // namespace kfs
