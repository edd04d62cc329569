#include "config/consumers/request_schema.hpp"

#include "config/base/ids.hpp"
#include "config/consumers/kafka_names.hpp"
#include "config/consumers/options_schema.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_host = 253;

using text_check = std::optional<std::string> (*)(std::string_view);

option text_option(std::string name, std::string summary, text_check check) {
  option declared;
  declared.name = std::move(name);
  declared.summary = std::move(summary);
  declared.required = true;
  declared.min_length = 1;
  declared.check = [check](const json& value) { return check(value.get_ref<const std::string&>()); };
  return declared;
}

std::optional<std::string> wrong_uuid(std::string_view id) {
  if (is_uuid(id)) return std::nullopt;
  return "it should be a UUIDv4 in lower case, e.g. 123e4567-e89b-42d3-a456-426614174000";
}

option id_option(std::string name, std::string summary) {
  auto declared = text_option(std::move(name), std::move(summary), wrong_uuid);
  declared.required = false;
  return declared;
}

option broker_ip() {
  auto declared = text_option("broker_ip", "Host name, IPv4 or IPv6 address of a broker; one only.", wrong_broker_host);
  declared.max_length = longest_host;
  return declared;
}

option broker_port() {
  option declared;
  declared.name = "broker_port";
  declared.kind = value_kind::integer;
  declared.summary = "Port of the broker.";
  declared.required = true;
  declared.minimum = 1;
  declared.maximum = 65'535;
  return declared;
}

option topic() {
  auto declared = text_option("topic", "Topic to read.", wrong_topic);
  declared.max_length = longest_topic;
  declared.pattern = topic_pattern;
  return declared;
}

std::optional<std::string> wrong_tenant(std::string_view name) {
  if (is_tenant_name(name)) return std::nullopt;
  return "it should be 1 to 63 lower case letters, digits or -";
}

option tenant_option() {
  auto declared = text_option("tenant", "Tenant that the consumer belongs to.", wrong_tenant);
  declared.required = false;
  return declared;
}

option auto_start() {
  option declared;
  declared.name = "auto_start";
  declared.kind = value_kind::boolean;
  declared.summary = "Start at once, or only prepare.";
  declared.required = true;
  return declared;
}

option processor_type(const std::vector<std::string>& names) {
  option declared;
  declared.name = "processor_type";
  declared.summary = "Name of a processor type.";
  declared.required = true;
  declared.one_of = names;
  return declared;
}

option processor_config() {
  option declared;
  declared.name = "config";
  declared.kind = value_kind::object;
  declared.summary = "Options of the processor type; checked against its own declaration.";
  declared.required = true;
  return declared;
}

option processor_configs(const std::vector<std::string>& types) {
  std::vector<option> fields{id_option("id", "Names the processor; the server makes one where none is given."),
                             processor_type(types), processor_config()};
  option item;
  item.kind = value_kind::object;
  item.object = std::make_shared<object_schema>("processor", "One downstream processor.", std::move(fields),
                                                std::vector<std::string>{"created_at", "updated_at"});
  option declared;
  declared.name = "processor_configs";
  declared.kind = value_kind::array;
  declared.summary = "Where the records go; with an empty list they are counted and committed.";
  declared.required = true;
  declared.max_length = most_processors;
  declared.items = std::make_shared<option>(std::move(item));
  return declared;
}

option options() {
  option declared;
  declared.name = "options";
  declared.kind = value_kind::object;
  declared.summary = "How the consumer reads, recovers and connects.";
  declared.object = {std::shared_ptr<void>{},
                     &consumer_options_schema()};  // not owned: it lives as long as the process
  return declared;
}

std::vector<option> changeable_fields(const std::vector<std::string>& processor_types) {
  return {broker_ip(),
          broker_port(),
          topic(),
          text_option("consumer_group", "Consumer group to be a member of.", wrong_group_of_member),
          processor_configs(processor_types),
          options()};
}

std::vector<std::string> read_only_fields() {
  return {"status",     "created_at", "updated_at", "revision",         "replica",
          "last_error", "recovery",   "paused",     "paused_partitions"};
}

}  // namespace

object_schema consumer_creation_schema(const std::vector<std::string>& processor_types) {
  auto fields = changeable_fields(processor_types);
  fields.push_back(auto_start());
  fields.push_back(id_option("consumer_id", "Chosen by the client, so that the request can be repeated."));
  fields.push_back(tenant_option());
  return {"consumer", "A new consumer.", std::move(fields), read_only_fields()};
}

object_schema consumer_change_schema(const std::vector<std::string>& processor_types) {
  auto fields = changeable_fields(processor_types);
  for (auto& field : fields) field.required = false;
  auto ignored = read_only_fields();
  ignored.emplace_back("consumer_id");
  ignored.emplace_back("tenant");
  return {"consumer", "A change of a consumer.", std::move(fields), std::move(ignored)};
}

}  // namespace kfs
