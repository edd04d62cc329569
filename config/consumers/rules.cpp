#include "config/consumers/rules.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "config/base/endpoint.hpp"
#include "config/consumers/kafka_names.hpp"
#include "config/consumers/options_schema.hpp"
#include "config/consumers/request_schema.hpp"
#include "config/secrets/resolution.hpp"

namespace kfs {
namespace {

/// The member of that name and type, or null.
const json* member(const json& object, const char* name, json::value_t type) {
  const auto found = object.find(name);
  return found != object.end() && found->type() == type ? &*found : nullptr;
}

std::int64_t instances_of(const json& options) {
  const auto instances = options.find("instances");
  return instances != options.end() && instances->is_number_integer() ? instances->get<std::int64_t>() : 1;
}

bool concerns_options(const violation& mistake) {
  return mistake.loc.size() > 1 && mistake.loc[1] == "options";
}

/// A PUT may hold what GET gave, and changes neither the id nor the tenant.
void check_keeps_identity(const json& body, const consumer_spec& stored, std::vector<violation>& found) {
  if (!body.is_object()) return;
  const auto check = [&](const char* name, const std::string& kept, const char* message) {
    if (body.contains(name) && body[name] != kept)
      found.push_back({"value_error", json::array({"body", name}), message, nullptr});
  };
  check("consumer_id", stored.id.value,
        "Value error, a consumer keeps its id; leave it out, or send the one in the path");
  check("tenant", stored.tenant,
        "Value error, a consumer keeps its tenant; leave it out, or make a new consumer in the other tenant");
}

/// Options of `kafka` that decide how the secrets are protected on their way, and their defaults. With PLAIN a broker
/// receives the password itself; a certificate authority of one's own vouches for a broker of one's own.
constexpr std::array<std::pair<const char*, const char*>, 4> protecting_options{
    {{"security_protocol", "PLAINTEXT"},
     {"sasl_mechanism", ""},
     {"ssl_ca_pem", ""},
     {"ssl_endpoint_identification_algorithm", "https"}}};

/// To which brokers, and how protected, the secrets of the options are sent, as far as the members have the right
/// types.
json way_of_secrets(const json& consumer, const json& options) {
  const auto* kafka = member(options, "kafka", json::value_t::object);
  const auto* servers = kafka == nullptr ? nullptr : member(*kafka, "bootstrap_servers", json::value_t::string);
  json way = servers != nullptr
                 ? json::array({*servers})
                 : json::array({consumer.value("broker_ip", json()), consumer.value("broker_port", json())});
  for (const auto& [name, by_default] : protecting_options)
    way.push_back(kafka != nullptr && kafka->contains(name) ? kafka->at(name) : json(by_default));
  return way;
}

/// True when a change sends the secrets of the options to other brokers than the stored ones, or protects them
/// otherwise.
bool moves_secrets(const json& body, const consumer_spec& stored) {
  json before{{"broker_ip", stored.broker_ip}, {"broker_port", stored.broker_port}};
  json after = before;
  after.update(body);
  const auto* sent = member(body, "options", json::value_t::object);
  return way_of_secrets(before, stored.options) != way_of_secrets(after, sent != nullptr ? *sent : stored.options);
}

template <class T>
std::optional<T> field(const json& clean, const char* name) {
  const auto found = clean.find(name);
  return found == clean.end() ? std::nullopt : std::optional<T>(found->get<T>());
}

}  // namespace

/// Checks one body in which masks have been replaced by the stored secrets.
class consumer_rules::body_check {
 public:
  /// `stored`: the consumer that a PUT changes; null for a POST.
  body_check(const consumer_rules& rules, const json& body, const consumer_spec* stored,
             const consumer_lister& all_consumers, std::vector<violation>& found)
      : rules_(rules), body_(body), stored_(stored), all_consumers_(all_consumers), found_(found) {}

  void run(const object_schema& schema) {
    schema.validate(body_, json::array({"body"}), found_);
    if (!body_.is_object()) return;
    const bool options_are_readable = found_.size() < most_violations && std::ranges::none_of(found_, concerns_options);
    check_broker();
    check_bootstrap_servers();
    const auto options = resulting_options();
    if (options_are_readable) check_dead_letter_topic(options);
    if (const auto* sent = member(body_, "options", json::value_t::object)) {
      const auto loc = json::array({"body", "options"});
      consumer_options_schema().reject_masks(*sent, loc, found_);
      check_references(consumer_options_schema(), *sent, loc, rules_.secrets_, found_);
    }
    check_instances(options);
    check_secrets_stay();
    check_processors(options);
  }

 private:
  void check_processors(const json& options) {
    const bool keeps_topic = stored_ != nullptr && (!body_.contains("topic") || body_["topic"] == stored_->topic);
    processor_surroundings with{
        .topic = resulting_topic(), .instances = instances_of(options), .all_consumers = all_consumers_};
    if (stored_ != nullptr) {
      with.consumer_id = stored_->id.value;
      with.tenant = stored_->tenant;
    } else if (const auto* tenant = member(body_, "tenant", json::value_t::string)) {
      with.tenant = tenant->get<std::string>();
    }
    if (const auto* id = member(body_, "consumer_id", json::value_t::string); id != nullptr && stored_ == nullptr)
      with.consumer_id = id->get<std::string>();
    if (keeps_topic) with.accepted = stored_->processors;
    if (const auto* processors = member(body_, "processor_configs", json::value_t::array)) {
      rules_.processors_.check(*processors, json::array({"body", "processor_configs"}), with, found_);
    } else if (stored_ != nullptr && !keeps_topic && !with.topic.empty()) {
      rules_.processors_.check_with_topic(stored_->processors, json::array({"body", "topic"}), with, found_);
    }
  }

  /// The topic that is read after the request; empty when the body has one that is not valid.
  [[nodiscard]] std::string resulting_topic() const {
    if (stored_ != nullptr && !body_.contains("topic")) return stored_->topic;
    const auto* sent = member(body_, "topic", json::value_t::string);
    return sent != nullptr && !wrong_topic(sent->get_ref<const std::string&>()) ? sent->get<std::string>()
                                                                                : std::string();
  }

  void check_host(std::string_view host, const json& loc, const json& input) {
    if (const auto allowed = rules_.allowed_brokers_.check_host(host); !allowed) {
      found_.push_back({"value_error", loc, "Value error, " + allowed.error().message, input});
    }
  }

  void check_broker() {
    const auto* host = member(body_, "broker_ip", json::value_t::string);
    if (host == nullptr || wrong_broker_host(host->get_ref<const std::string&>())) return;
    check_host(host->get_ref<const std::string&>(), json::array({"body", "broker_ip"}), *host);
  }

  void check_bootstrap_servers() {
    const auto* options = member(body_, "options", json::value_t::object);
    const auto* kafka = options == nullptr ? nullptr : member(*options, "kafka", json::value_t::object);
    const auto* servers = kafka == nullptr ? nullptr : member(*kafka, "bootstrap_servers", json::value_t::string);
    if (servers == nullptr) return;
    const auto places = parse_endpoints(servers->get_ref<const std::string&>());
    if (!places) return;  // rejected by the declaration
    const auto loc = json::array({"body", "options", "kafka", "bootstrap_servers"});
    for (const auto& place : *places) check_host(place.host, loc, *servers);
  }

  /// The options that hold after the request: those of the body, else the stored ones.
  [[nodiscard]] json resulting_options() const {
    if (const auto* sent = member(body_, "options", json::value_t::object)) return *sent;
    return stored_ != nullptr ? stored_->options : json::object();
  }

  /// What several members of a group cannot have. Processors in the body are checked for it in processor_rules.
  void check_instances(const json& options) {
    if (instances_of(options) <= 1) return;
    const auto loc = json::array({"body", "options", "instances"});
    if (const auto* partitions = member(options, "partitions", json::value_t::array);
        partitions && !partitions->empty()) {
      found_.push_back({"value_error", loc,
                        "Value error, instances are members of a group, which divides the partitions among them; with "
                        "options.partitions there can be only 1, else each record would be read by all",
                        options["instances"]});
    }
    if (stored_ == nullptr || body_.contains("processor_configs")) return;
    rules_.processors_.check_with_instances(stored_->processors, loc, options["instances"], found_);
  }

  /// Without this rule, whoever may change a consumer could have its Kafka secrets sent to brokers of their own. Masks
  /// in the body are rejected elsewhere, as nothing is stored for the new way.
  void check_secrets_stay() {
    if (stored_ == nullptr || body_.contains("options") ||
        !concerns_secrets(consumer_options_schema(), stored_->options))
      return;
    if (!moves_secrets(body_, *stored_)) return;
    const bool is_host = body_.contains("broker_ip") && body_["broker_ip"] != stored_->broker_ip;
    const auto* const moved = is_host ? "broker_ip" : "broker_port";
    found_.push_back({"value_error", json::array({"body", moved}),
                      "Value error, the secrets in options.kafka belong to the previous brokers; send options with "
                      "the secrets for the new brokers in the same request",
                      body_[moved]});
  }

  /// Compares with the topic that will be read: the body's, else the stored one. The policy may be a server's default;
  /// when that changes, a stored topic for dead letters without a use hinders no other change of its consumer.
  void check_dead_letter_topic(const json& options) {
    const auto* sent = member(body_, "topic", json::value_t::string);
    if (sent == nullptr && stored_ == nullptr) return;
    const auto topic = sent != nullptr ? sent->get<std::string>() : stored_->topic;
    const auto on_error = typed_options(consumer_options_schema().cleaned(options), rules_.defaults_).on_error;
    if (on_error.policy != rejection_policy::dead_letter && !body_.contains("options")) return;
    const auto wrong = wrong_dead_letter_topic(on_error, topic);
    if (!wrong) return;
    const auto loc = body_.contains("options") ? json::array({"body", "options", "on_error", "dead_letter_topic"})
                                               : json::array({"body", "topic"});
    found_.push_back({"value_error", loc, "Value error, " + *wrong, on_error.dead_letter_topic_of(topic)});
  }

  const consumer_rules& rules_;
  const json& body_;
  const consumer_spec* stored_;
  const consumer_lister& all_consumers_;
  std::vector<violation>& found_;
};

consumer_rules::consumer_rules(const address_policy& allowed_brokers, const policy_defaults& defaults,
                               const processor_catalog& processors, secret_source secrets)
    : allowed_brokers_(allowed_brokers),
      defaults_(defaults),
      secrets_(std::move(secrets)),
      processors_(processors, secrets_),
      creation_schema_(consumer_creation_schema(processors.names())),
      change_schema_(consumer_change_schema(processors.names())) {}

json consumer_rules::with_stored_secrets(const json& body, const consumer_spec& stored) const {
  if (!body.is_object()) return body;
  json unmasked = body;
  if (member(body, "options", json::value_t::object) != nullptr && !moves_secrets(body, stored)) {
    unmasked["options"] = consumer_options_schema().unmasked(body["options"], stored.options);
  }
  if (const auto* processors = member(body, "processor_configs", json::value_t::array)) {
    unmasked["processor_configs"] = processors_.unmasked(*processors, stored.processors);
  }
  return unmasked;
}

validated<consumer_request> consumer_rules::creation(const json& body, const consumer_lister& all_consumers) const {
  std::vector<violation> found;
  reject_sealed(body, json::array({"body"}), found);
  body_check(*this, body, nullptr, all_consumers, found).run(creation_schema_);
  if (!found.empty()) return tl::make_unexpected(std::move(found));
  const auto clean = creation_schema_.cleaned(body);
  consumer_request request;
  if (auto id = field<std::string>(clean, "consumer_id")) request.id = consumer_id{std::move(*id)};
  request.tenant = field<std::string>(clean, "tenant").value_or(request.tenant);
  request.broker_ip = clean["broker_ip"].get<std::string>();
  request.broker_port = clean["broker_port"].get<std::uint16_t>();
  request.topic = clean["topic"].get<std::string>();
  request.consumer_group = clean["consumer_group"].get<std::string>();
  request.auto_start = clean["auto_start"].get<bool>();
  request.processors = processors_.requested(clean["processor_configs"]);
  request.options = clean.value("options", json::object());
  return request;
}

validated<consumer_change> consumer_rules::change(const json& body, const consumer_spec& stored,
                                                  const consumer_lister& all_consumers) const {
  std::vector<violation> found;
  reject_sealed(body, json::array({"body"}), found);
  const auto unmasked = with_stored_secrets(body, stored);
  body_check(*this, unmasked, &stored, all_consumers, found).run(change_schema_);
  check_keeps_identity(body, stored, found);
  if (!found.empty()) return tl::make_unexpected(std::move(found));
  const auto clean = change_schema_.cleaned(unmasked);
  consumer_change change;
  change.broker_ip = field<std::string>(clean, "broker_ip");
  change.broker_port = field<std::uint16_t>(clean, "broker_port");
  change.topic = field<std::string>(clean, "topic");
  change.consumer_group = field<std::string>(clean, "consumer_group");
  change.options = field<json>(clean, "options");
  if (const auto processors = field<json>(clean, "processor_configs")) {
    change.processors = processors_.requested(*processors);
  }
  return change;
}

consumer_spec consumer_rules::masked(const consumer_spec& spec) const {
  consumer_spec masked = spec;
  masked.options = consumer_options_schema().masked(spec.options);
  for (auto& processor : masked.processors) processor = processors_.masked(std::move(processor));
  return masked;
}

}  // namespace kfs
