#include "processors/http/headers.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>
#include <vector>

#include "config/base/base64.hpp"
#include "config/base/text.hpp"
#include "processors/json_text.hpp"

namespace kfs {
namespace {

bool is_token(const std::string& text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

/// Headers that belong to the connection, or that the processor sets itself.
bool is_reserved(const std::string& lower_name) {
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

std::string content_type_of(body_format format) {
  switch (format) {
    case body_format::value:
    case body_format::json_array:
      return "application/json";
    case body_format::json_lines:
      return "application/x-ndjson";
    case body_format::event_json:
      return "application/cloudevents+json";
    case body_format::event_batch:
      return "application/cloudevents-batch+json";
    case body_format::event_binary:
      return {};  // each record's own
  }
  return {};
}

void add_private(http_sink_options& options, std::string line, std::string secret) {
  options.private_headers.push_back(std::move(line));
  options.secrets.push_back(std::move(secret));
}

}  // namespace

std::optional<std::string> mistake_in_headers(const json& headers) {
  std::vector<std::string> mistakes;
  std::set<std::string> seen;
  const auto mistake_in = [&](const std::string& name, const json& value) -> std::optional<std::string> {
    const auto lower = lower_case(name);
    if (!is_token(name)) return "a header's name has letters, digits and any of !#$%&'*+-.^_`|~ only";
    if (is_reserved(lower)) return "the header " + lower + " is set by the processor or belongs to the connection";
    if (!seen.insert(lower).second) return "the header " + lower + " is there twice";
    if (has_control_character(value.get_ref<const std::string&>()))
      return "the value of the header " + lower + " holds a control character, such as a line end";
    return std::nullopt;
  };
  for (const auto& [name, value] : headers.items()) {
    auto mistake = mistake_in(name, value);
    if (mistake && std::ranges::find(mistakes, *mistake) == mistakes.end()) mistakes.push_back(std::move(*mistake));
  }
  if (mistakes.empty()) return std::nullopt;
  return fmt::format("{}", fmt::join(mistakes, "; "));
}

const std::string* find_header(const json& config, std::string_view lower_name) {
  const auto set = config.find("headers");
  if (set == config.end()) return nullptr;
  for (const auto& [name, value] : set->items()) {
    if (lower_case(name) == lower_name) return value.get_ptr<const std::string*>();
  }
  return nullptr;
}

void add_headers(const json& config, http_sink_options& options) {
  if (const auto set = config.find("headers"); set != config.end()) {
    for (const auto& [name, value] : set->items()) {
      const auto& text = value.get_ref<const std::string&>();
      // libcurl removes a header for "Name:", and sends one without a value for "Name;".
      add_private(options, text.empty() ? name + ';' : name + ": " + text, text);
    }
  }
  if (const auto token = config.value("bearer_token", std::string()); !token.empty())
    add_private(options, "Authorization: Bearer " + token, token);
  if (config.contains("basic_user")) {
    const auto password = config.value("basic_password", std::string());
    std::string encoded;
    append_base64(config.at("basic_user").get<std::string>() + ':' + password, encoded);
    options.secrets.push_back(password);
    add_private(options, "Authorization: Basic " + encoded, encoded);
  }
  if (const auto type = content_type_of(options.format);
      !type.empty() && find_header(config, "content-type") == nullptr)
    options.fixed_headers.push_back("Content-Type: " + type);
  options.fixed_headers.emplace_back("Expect:");  // no "Expect: 100-continue" before a body
}

}  // namespace kfs
