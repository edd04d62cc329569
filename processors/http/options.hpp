#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "processors/http/client.hpp"
#include "processors/http/delivery_plan.hpp"
#include "processors/sink_registry.hpp"

namespace kfs {

/// The format of a request's body.
enum class body_format : std::uint8_t {
  value,         ///< the bytes of one value
  json_array,    ///< a JSON array of values
  json_lines,    ///< one JSON value per line
  event_binary,  ///< a CloudEvent with its attributes as headers and the value as body
  event_json,    ///< a CloudEvent as JSON
  event_batch,   ///< a JSON array of CloudEvents
};

/// The options of a `streaming_forwarder`, read.
struct http_sink_options {
  http_url to;
  http_client_options client;
  bool follow_redirects = false;
  address_policy redirects = {};  ///< where another origin may be, besides what client.allowed says
  delivery_order order = delivery_order::partition;
  std::size_t batch_max_messages = 1;
  body_format format = body_format::value;
  std::string event_type;
  std::vector<std::string> fixed_headers;    ///< "Name: value", the same in every request
  std::vector<std::string> private_headers;  ///< of the user, with credentials; never sent to another origin
  std::string hmac_secret;                   ///< bytes; empty when requests are not signed
  std::vector<std::string> secrets;          ///< texts that no message may show
};

/// Reads a validated config.
http_sink_options read_http_sink_options(const json& config, const address_policy& allowed);

/// `streaming_forwarder`: sends every record to an HTTP endpoint, at least once.
sink_type streaming_forwarder_type();

}  // namespace kfs
