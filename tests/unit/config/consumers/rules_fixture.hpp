#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "config/consumers/rules.hpp"
#include "config/settings/settings.hpp"
#include "processors/sink_catalog.hpp"

namespace kfs::test {

/// The rules of a server that may write below /tmp, and a body that they accept.
struct rules_fixture {
  settings configured;
  sink_environment sinks{.file_sink_directories = {"/tmp"}, .data_dir = "/tmp/data", .files = {}};
  sink_catalog catalog{sinks};
  kfs::consumer_rules rules{configured.kafka_allowed_brokers, configured.policies, catalog};

  json mission_body = json::parse(R"({"broker_ip":"127.0.0.10","broker_port":9092,"topic":"payments",
    "consumer_group":"payment_group","auto_start":true,
    "processor_configs":[{"processor_type":"file_sink","config":{"file_path":"/tmp/payment_messages.log"}}]})");

  /// Every mistake as "type loc", sorted.
  std::vector<std::string> mistakes_of(const json& body) const {
    std::vector<std::string> found;
    const auto request = rules.creation(body);
    if (request) return found;
    for (const auto& mistake : request.error()) found.push_back(mistake.type + " " + mistake.loc.dump());
    std::sort(found.begin(), found.end());
    return found;
  }

  std::string mistake_with(const char* field, json value) const {
    auto body = mission_body;
    body[field] = std::move(value);
    const auto found = mistakes_of(body);
    return found.empty() ? "none" : found.front();
  }

  consumer_spec stored() const { return make_consumer(*rules.creation(mission_body), timestamp{}); }
};

}  // namespace kfs::test
