#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/consumers/spec.hpp"

namespace kfs {

/// A processor in a request. Its config is validated, and its masks are replaced by the stored secrets.
struct requested_processor {
  std::optional<processor_id> id;  ///< nullopt when the request names none
  std::string type;
  json config;
};

/// What a validated POST asks for.
struct consumer_request {
  std::optional<consumer_id> id;  ///< nullopt when the server makes the id
  std::string tenant = "default";
  std::string broker_ip;
  std::uint16_t broker_port = 0;
  std::string topic;
  std::string consumer_group;
  bool auto_start = false;
  std::vector<requested_processor> processors;
  json options = json::object();
};

/// What a validated PUT asks for; nullopt for what it does not change.
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

/// The next revision of `stored`; a copy of `stored`, revision included, when nothing changes.
///
/// A changed broker, port, topic or group stops the consumer (target_state::stopped). A requested processor is a stored
/// one, and keeps its id and created_at, when it names its id, or else when its type and config are equal. Its
/// updated_at changes with its config.
consumer_spec changed_consumer(const consumer_spec& stored, const consumer_change& change, timestamp at);

/// True when broker, port, topic or group differ. A change between two such configurations stops the consumer.
bool reads_elsewhere(const consumer_spec& before, const consumer_spec& after);

/// True when the same POST body could have made both consumers.
bool same_request(const consumer_spec& created, const consumer_spec& again);

}  // namespace kfs
