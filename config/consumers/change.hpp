#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/consumers/spec.hpp"

namespace kfs {

/// A processor as a request names it. Its config is validated and unmasked.
struct requested_processor {
  std::optional<processor_id> id;
  std::string type;
  json config;
};

/// What a validated POST asks for.
struct consumer_request {
  std::optional<consumer_id> id;  ///< chosen by the client; none: the server makes one
  std::string broker_ip;
  std::uint16_t broker_port = 0;
  std::string topic;
  std::string consumer_group;
  bool auto_start = false;
  std::vector<requested_processor> processors;
  json options = json::object();
};

/// What a validated PUT asks for: only what it names.
struct consumer_change {
  std::optional<std::string> broker_ip;
  std::optional<std::uint16_t> broker_port;
  std::optional<std::string> topic;
  std::optional<std::string> consumer_group;
  std::optional<std::vector<requested_processor>> processors;
  std::optional<json> options;
};

/// The first revision of a new consumer.
consumer_spec make_consumer(const consumer_request& request, timestamp at);

/// The next revision, or a copy of `stored` with its revision as it was when the change changes nothing.
///
/// A changed broker, port, topic or group stops the consumer (target_state::stopped). A processor keeps its id and
/// created_at when it is sent with its id or is equal in type and config to one that no other names; its updated_at
/// moves when its config changed.
consumer_spec changed_consumer(const consumer_spec& stored, const consumer_change& change, timestamp at);

/// True when both do not read the same topic of the same broker as the same group: going from one to the other stops
/// the consumer.
bool reads_elsewhere(const consumer_spec& before, const consumer_spec& after);

/// True when both would have been made by the same POST body.
bool same_request(const consumer_spec& created, const consumer_spec& again);

}  // namespace kfs
