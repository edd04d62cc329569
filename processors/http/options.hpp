#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/schema/option_schema.hpp"
#include "processors/http/client.hpp"
#include "processors/http/delivery_plan.hpp"

namespace kfs {

/// What the body of a request is.
enum class forward_format : std::uint8_t {
  value,         ///< the bytes of one value
  json_array,    ///< values, as JSON
  json_lines,    ///< values, as JSON, one a line
  event_binary,  ///< a CloudEvent: attributes as headers, the value as body
  event_json,    ///< a CloudEvent as JSON
  event_batch,   ///< a JSON array of CloudEvents
};

/// The options of a streaming_forwarder, read.
struct forwarder_options {
  http_url to;
  http_client_options client;
  bool follow_redirects = false;
  delivery_order order = delivery_order::partition;
  std::size_t batch_max_messages = 1;
  forward_format format = forward_format::value;
  std::string event_type;
  std::vector<std::string> fixed_headers;    ///< "Name: value", the same in every request
  std::vector<std::string> private_headers;  ///< what the user set, credentials included: only for `to`
  std::string hmac_secret;                   ///< bytes; empty: nothing is signed
  std::vector<std::string> secrets;          ///< texts that no message may show
};

/// The declaration: name, summary and every option.
std::shared_ptr<const object_schema> forwarder_schema();

/// What is wrong between options of a config that keeps to the declaration, each with its option's name.
struct option_mistake {
  std::string option;
  std::string why;
};
std::vector<option_mistake> mistakes_between(const json& config);

/// Reads a validated config.
forwarder_options read_forwarder_options(const json& config, const address_policy& allowed);

}  // namespace kfs
