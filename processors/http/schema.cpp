#include "processors/http/options.hpp"

#include <algorithm>
#include <array>

#include "config/base/pem.hpp"
#include "config/base/text.hpp"
#include "processors/http/webhook_signature.hpp"

namespace kfs {
namespace {

using verdict = std::optional<std::string>;

constexpr std::size_t longest_header = 8 * 1024;

bool is_token(const std::string& text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

/// Of the connection, not of the request; or set by the processor itself.
bool is_kept(const std::string& lower_name) {
  static constexpr std::array<std::string_view, 16> names{"connection",
                                                          "content-length",
                                                          "expect",
                                                          "host",
                                                          "idempotency-key",
                                                          "keep-alive",
                                                          "proxy-authenticate",
                                                          "proxy-authorization",
                                                          "proxy-connection",
                                                          "te",
                                                          "traceparent",
                                                          "trailer",
                                                          "transfer-encoding",
                                                          "upgrade",
                                                          "kafka-tombstone",
                                                          "http2-settings"};
  return std::find(names.begin(), names.end(), lower_name) != names.end() || lower_name.starts_with("webhook-") ||
         lower_name.starts_with("ce-");
}

verdict mistake_in_headers(const json& headers) {
  std::vector<std::string> seen;
  for (const auto& [name, value] : headers.items()) {
    const auto lower = lower_case(name);
    if (!is_token(name)) return "a header's name has letters, digits and any of !#$%&'*+-.^_`|~ only";
    if (is_kept(lower)) return "the header " + lower + " is set by the processor or belongs to the connection";
    if (std::find(seen.begin(), seen.end(), lower) != seen.end()) return "the header " + lower + " is there twice";
    if (has_control_character(value.get_ref<const std::string&>()))
      return "the value of the header " + lower + " holds a control character, such as a line end";
    seen.push_back(lower);
  }
  return std::nullopt;
}

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

}  // namespace

std::shared_ptr<const object_schema> forwarder_schema() {
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

}  // namespace kfs
