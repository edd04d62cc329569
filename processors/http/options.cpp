#include "processors/http/options.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <utility>

#include "config/base/pem.hpp"
#include "config/base/text.hpp"
#include "processors/http/endpoints.hpp"
#include "processors/http/headers.hpp"
#include "processors/http/sink.hpp"
#include "processors/http/webhook_signature.hpp"

namespace kfs {
namespace {

// ---- Declaration

using verdict = std::optional<std::string>;

constexpr std::size_t longest_header = 8 * 1024;

verdict mistake_in_url(const json& value) {
  const auto read = parse_http_url(value.get_ref<const std::string&>());
  return read ? std::nullopt : verdict(read.error().message);
}

verdict mistake_in_credential(const json& value) {
  if (has_control_character(value.get_ref<const std::string&>())) return "no control characters are allowed";
  return std::nullopt;
}

verdict mistake_in_hmac_secret(const json& value) {
  if (webhook_secret(value.get_ref<const std::string&>())) return std::nullopt;
  return "what follows whsec_ must be the base64 of 24 to 64 bytes";
}

auto pem_check(std::string kind) {
  return [kind = std::move(kind)](const json& value) -> verdict {
    const auto& text = value.get_ref<const std::string&>();
    if (text.find("ENCRYPTED") != std::string::npos) return "must not be encrypted: write the key without a passphrase";
    return mistake_in_pem(text, kind);
  };
}

option text_option(std::string name, std::string summary, std::size_t longest,
                   std::function<verdict(const json&)> check, bool secret = false) {
  return {.name = std::move(name),
          .summary = std::move(summary),
          .secret = secret,
          .min_length = 1,
          .max_length = longest,
          .check = std::move(check)};
}

option number_option(std::string name, std::string summary, std::int64_t least, std::int64_t most,
                     std::int64_t by_default) {
  return {.name = std::move(name),
          .kind = value_kind::integer,
          .summary = std::move(summary),
          .default_value = by_default,
          .minimum = least,
          .maximum = most};
}

option choice_option(std::string name, std::string summary, std::vector<std::string> one_of) {
  auto by_default = one_of.front();
  return {.name = std::move(name),
          .summary = std::move(summary),
          .default_value = std::move(by_default),
          .one_of = std::move(one_of)};
}

option endpoint_url() {
  auto made = text_option("endpoint_url",
                          "Where the records go: an http:// or https:// URL. Its host must be allowed by "
                          "FORWARDER_ALLOWED_HOSTS.",
                          4'096, mistake_in_url);
  made.required = true;
  made.example = "https://hooks.example/payments";
  return made;
}

option headers() {
  const option value{.name = "value", .secret = true, .max_length = longest_header};
  return {.name = "headers",
          .kind = value_kind::object,
          .summary = "Headers of every request. Their values are shown masked, as any of them may be a key.",
          .secret = true,
          .max_length = 64,
          .check = mistake_in_headers,
          .items = std::make_shared<const option>(value)};
}

std::shared_ptr<const object_schema> declaration() {
  return std::make_shared<object_schema>(
      "streaming_forwarder",
      "Sends every record to an HTTP endpoint, at least once, with an Idempotency-Key that stays the same.",
      std::vector<option>{
          endpoint_url(),
          choice_option("method", "How they are sent.", {"POST", "PUT", "PATCH"}),
          headers(),
          text_option("bearer_token", "Sent as `Authorization: Bearer …`.", longest_header, mistake_in_credential,
                      true),
          text_option("basic_user", "User of `Authorization: Basic …`; needs basic_password.", 1'024,
                      [](const json& value) -> verdict {
                        if (value.get_ref<const std::string&>().find(':') != std::string::npos)
                          return "a user of basic authentication has no colon";
                        return mistake_in_credential(value);
                      }),
          text_option("basic_password", "Password of basic_user.", 1'024, mistake_in_credential, true),
          text_option("hmac_secret",
                      "Signs every request as Standard Webhooks has it: `whsec_` and base64, or any text as its bytes.",
                      1'024, mistake_in_hmac_secret, true),
          number_option("timeout_ms", "Milliseconds that a request may take, connecting included.", 100, 300'000,
                        10'000),
          number_option("max_in_flight", "Requests under way at the same time.", 1, 256, 32),
          choice_option("ordering",
                        "Which records wait until the one before was accepted: those of a partition, those of a key, "
                        "or none.",
                        {"partition", "key", "none"}),
          number_option("batch_max_messages", "Most records in a request; more than one are sent as batch_format says.",
                        1, 10'000, 1),
          choice_option("batch_format", "What the body of several records is: a JSON array, or one JSON value a line.",
                        {"json", "ndjson"}),
          choice_option("format", "What is sent of a record: its value, or a CloudEvent with it.",
                        {"value", "cloudevents"}),
          choice_option("cloudevents_mode",
                        "How a CloudEvent is sent: its attributes as headers, as JSON, or several in a JSON array.",
                        {"binary", "structured", "batched"}),
          text_option("cloudevents_type", "The attribute `type` of CloudEvents; kafka.record where it is not set.", 256,
                      [](const json& value) -> verdict {
                        const auto& text = value.get_ref<const std::string&>();
                        const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
                          return c > ' ' && c <= '~' && c != '%' && c != '"';
                        });
                        return plain ? std::nullopt : verdict("visible ASCII characters without % and \" are needed");
                      }),
          {.name = "follow_redirects",
           .kind = value_kind::boolean,
           .summary = "Whether redirects are followed, with the same method and body; to another host without "
                      "`headers` and credentials.",
           .default_value = false},
          text_option("tls_ca_pem",
                      "Certificates of the authorities that sign the endpoint's, as PEM text; the system's where it is "
                      "not set.",
                      longest_pem, pem_check("CERTIFICATE")),
          text_option("tls_certificate_pem", "Certificate of the client, as PEM text; needs tls_key_pem.", longest_pem,
                      pem_check("CERTIFICATE")),
          text_option("tls_key_pem", "Private key of the client, as PEM text without a passphrase.", longest_pem,
                      pem_check("PRIVATE KEY"), true),
      });
}

// ---- Checks

/// What is wrong between two options, and the option to blame.
struct option_mistake {
  std::string option;
  std::string why;
};

std::vector<option_mistake> mistakes_between(const json& config) {
  std::vector<option_mistake> found;
  const auto has = [&](const char* name) { return config.contains(name); };
  const auto need = [&](bool holds, const char* option, std::string why) {
    if (!holds) found.push_back({option, std::move(why)});
  };
  need(has("basic_user") == has("basic_password"), has("basic_user") ? "basic_user" : "basic_password",
       "basic_user and basic_password need each other");
  need(!has("bearer_token") || !has("basic_user"), "bearer_token", "set bearer_token or basic_user, not both");
  need(find_header(config, "authorization") == nullptr || !(has("bearer_token") || has("basic_user")), "headers",
       "set Authorization here or by bearer_token or basic_user, not both");
  need(has("tls_certificate_pem") == has("tls_key_pem"),
       has("tls_certificate_pem") ? "tls_certificate_pem" : "tls_key_pem",
       "tls_certificate_pem and tls_key_pem need each other");
  const auto text = config.at("endpoint_url").get<std::string>();
  need(text.find('#') == std::string::npos, "endpoint_url",
       "a #fragment is never sent: take it off, or write a # of the path or query as %23");
  const auto url = parse_http_url(text);
  for (const auto* name : {"tls_ca_pem", "tls_certificate_pem", "tls_key_pem"})
    need(!has(name) || url->secure, name, std::string(name) + " needs an endpoint_url that begins with https://");
  const bool events = config.value("format", "value") == "cloudevents";
  for (const auto* name : {"cloudevents_mode", "cloudevents_type"})
    need(!has(name) || events, name, std::string(name) + " needs format cloudevents");
  need(!has("batch_format") || !events, "batch_format",
       "batch_format is for format value: leave it out; cloudevents_mode says how CloudEvents are sent");
  need(!has("batch_format") || events || config.value("batch_max_messages", 1) > 1, "batch_format",
       "batch_format is for several records in a request: set batch_max_messages above 1, or leave it out");
  need(!events || find_header(config, "content-type") == nullptr, "headers",
       "Content-Type is given by format cloudevents; leave it out");
  need(!events || config.value("cloudevents_mode", "binary") == "batched" || config.value("batch_max_messages", 1) == 1,
       "batch_max_messages", "several CloudEvents in a request need cloudevents_mode batched");
  return found;
}

void check_config(const config_for_topic& checked, const json& loc, const sink_environment& environment,
                  std::vector<violation>& found) {
  const auto& config = checked.config;
  for (auto& [option, why] : mistakes_between(config))
    found.push_back({"value_error", below(loc, option), "Value error, " + why, nullptr});
  const auto& text = config.at("endpoint_url").get_ref<const std::string&>();
  if (const auto allowed = environment.endpoints->allowed().check_host(parse_http_url(text)->host); !allowed)
    found.push_back(
        {"value_error", below(loc, "endpoint_url"), "Value error, " + allowed.error().message, mask_credentials(text)});
}

/// A masked secret stays valid only while requests go to the same URL, and the same authorities vouch for it. Redirects
/// do not matter: credentials never follow them to another origin.
std::string way_of_secrets(const json& config) {
  const auto text_of = [&](const char* name) {
    const auto found = config.find(name);
    return found != config.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto read = parse_http_url(text_of("endpoint_url"));
  return (read ? read->text : std::string()) + '\n' + text_of("tls_ca_pem");
}

std::optional<breaker_condition> breaker_before(const json& config, const sink_environment& environment) {
  const auto to = parse_http_url(config.at("endpoint_url").get_ref<const std::string&>());
  return to ? std::optional(environment.endpoints->condition_of(to->origin)) : std::nullopt;
}

// ---- The options, read

body_format format_of(const json& config, std::size_t batch) {
  if (config.value("format", "value") == "cloudevents") {
    const auto mode = config.value("cloudevents_mode", "binary");
    if (mode == "binary") return body_format::event_binary;
    return mode == "structured" ? body_format::event_json : body_format::event_batch;
  }
  if (batch == 1) return body_format::value;
  return config.value("batch_format", "json") == "json" ? body_format::json_array : body_format::json_lines;
}

}  // namespace

http_sink_options read_http_sink_options(const json& config, const address_policy& allowed) {
  static const std::map<std::string, delivery_order, std::less<>> orders{
      {"partition", delivery_order::partition}, {"key", delivery_order::key}, {"none", delivery_order::none}};
  http_sink_options read;
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

// ---- Registration

sink_type streaming_forwarder_type() {
  return {.options = declaration(),
          .check = check_config,
          .secrets_go_to = way_of_secrets,
          .make =
              [](const consumer_spec& consumer, const processor_spec& processor, const sink_environment& environment,
                 const lifeline& watched, int instance) {
                auto options = read_http_sink_options(processor.config, environment.endpoints->allowed());
                if (environment.redirects_of) options.redirects = environment.redirects_of(consumer.tenant);
                return make_http_sink(std::move(options), environment, watched,
                                      sink_lease(environment.leases, consumer.id, instance));
              },
          .breaker = breaker_before,
          .waits = true};
}

}  // namespace kfs
