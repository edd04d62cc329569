#include "processors/http/options.hpp"

#include <map>

#include "config/base/text.hpp"
#include "processors/http/webhook_signature.hpp"
#include "processors/json_text.hpp"

namespace kfs {
namespace {

forward_format format_of(const json& config, std::size_t batch) {
  if (config.value("format", "value") == "cloudevents") {
    const auto mode = config.value("cloudevents_mode", "binary");
    if (mode == "binary") return forward_format::event_binary;
    return mode == "structured" ? forward_format::event_json : forward_format::event_batch;
  }
  if (batch == 1) return forward_format::value;
  return config.value("batch_format", "json") == "json" ? forward_format::json_array : forward_format::json_lines;
}

std::string content_type_of(forward_format format) {
  switch (format) {
    case forward_format::value:
    case forward_format::json_array:
      return "application/json";
    case forward_format::json_lines:
      return "application/x-ndjson";
    case forward_format::event_json:
      return "application/cloudevents+json";
    case forward_format::event_batch:
      return "application/cloudevents-batch+json";
    case forward_format::event_binary:
      return {};  // the value's own
  }
  return {};
}

/// The name in `headers`, whatever its case; null where it is not there.
const std::string* header_of(const json& config, std::string_view lower_name) {
  const auto set = config.find("headers");
  if (set == config.end()) return nullptr;
  for (const auto& [name, value] : set->items()) {
    if (lower_case(name) == lower_name) return value.get_ptr<const std::string*>();
  }
  return nullptr;
}

void add_private(forwarder_options& to, std::string line, std::string secret) {
  to.private_headers.push_back(std::move(line));
  to.secrets.push_back(std::move(secret));
}

void add_headers(const json& config, forwarder_options& to) {
  if (const auto set = config.find("headers"); set != config.end()) {
    for (const auto& [name, value] : set->items()) {
      const auto& text = value.get_ref<const std::string&>();
      // To libcurl "Name:" means none, and "Name;" one without a value.
      add_private(to, text.empty() ? name + ';' : name + ": " + text, text);
    }
  }
  if (const auto token = config.value("bearer_token", std::string()); !token.empty())
    add_private(to, "Authorization: Bearer " + token, token);
  if (config.contains("basic_user")) {
    const auto password = config.value("basic_password", std::string());
    std::string encoded;
    append_base64(config.at("basic_user").get<std::string>() + ':' + password, encoded);
    to.secrets.push_back(password);
    add_private(to, "Authorization: Basic " + encoded, encoded);
  }
  if (const auto type = content_type_of(to.format); !type.empty() && header_of(config, "content-type") == nullptr)
    to.fixed_headers.push_back("Content-Type: " + type);
  to.fixed_headers.emplace_back("Expect:");  // do not ask before a body
}

}  // namespace

std::vector<option_mistake> mistakes_between(const json& config) {
  std::vector<option_mistake> found;
  const auto has = [&](const char* name) { return config.contains(name); };
  const auto need = [&](bool holds, const char* option, std::string why) {
    if (!holds) found.push_back({option, std::move(why)});
  };
  need(has("basic_user") == has("basic_password"), has("basic_user") ? "basic_user" : "basic_password",
       "basic_user and basic_password need each other");
  need(!has("bearer_token") || !has("basic_user"), "bearer_token", "set bearer_token or basic_user, not both");
  need(header_of(config, "authorization") == nullptr || !(has("bearer_token") || has("basic_user")), "headers",
       "set Authorization here or by bearer_token or basic_user, not both");
  need(has("tls_certificate_pem") == has("tls_key_pem"),
       has("tls_certificate_pem") ? "tls_certificate_pem" : "tls_key_pem",
       "tls_certificate_pem and tls_key_pem need each other");
  const auto url = parse_http_url(config.at("endpoint_url").get<std::string>());
  for (const auto* name : {"tls_ca_pem", "tls_certificate_pem", "tls_key_pem"})
    need(!has(name) || url->secure, name, std::string(name) + " needs an endpoint_url that begins with https://");
  const bool events = config.value("format", "value") == "cloudevents";
  for (const auto* name : {"cloudevents_mode", "cloudevents_type"})
    need(!has(name) || events, name, std::string(name) + " needs format cloudevents");
  need(!events || header_of(config, "content-type") == nullptr, "headers",
       "Content-Type is given by format cloudevents; leave it out");
  need(!events || config.value("cloudevents_mode", "binary") == "batched" || config.value("batch_max_messages", 1) == 1,
       "batch_max_messages", "several CloudEvents in a request need cloudevents_mode batched");
  return found;
}

forwarder_options read_forwarder_options(const json& config, const address_policy& allowed) {
  static const std::map<std::string, delivery_order, std::less<>> orders{
      {"partition", delivery_order::partition}, {"key", delivery_order::key}, {"none", delivery_order::none}};
  forwarder_options read;
  read.to = *parse_http_url(config.at("endpoint_url").get<std::string>());
  read.client = {.method = config.value("method", "POST"),
                 .timeout = std::chrono::milliseconds(config.value("timeout_ms", 10'000)),
                 .max_in_flight = config.value("max_in_flight", std::size_t{32}),
                 .ca_pem = config.value("tls_ca_pem", std::string()),
                 .certificate_pem = config.value("tls_certificate_pem", std::string()),
                 .key_pem = config.value("tls_key_pem", std::string()),
                 .allowed = allowed};
  read.follow_redirects = config.value("follow_redirects", false);
  read.order = orders.at(config.value("ordering", "partition"));
  read.batch_max_messages = config.value("batch_max_messages", std::size_t{1});
  read.format = format_of(config, read.batch_max_messages);
  read.event_type = config.value("cloudevents_type", std::string("kafka.record"));
  add_headers(config, read);
  if (config.contains("hmac_secret")) {
    const auto text = config.at("hmac_secret").get<std::string>();
    read.hmac_secret = webhook_secret(text).value();
    read.secrets.push_back(text);
  }
  return read;
}

}  // namespace kfs
