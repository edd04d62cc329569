#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "actors/kafka/ports.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::integration {

/// A record and the batch that owns it.
struct held_record {
  batch_ptr owner;
  const record* read;

  void headers(std::vector<record_header>& result) const { owner->headers_of(*read, result); }
};

/// Reads the first `count` records of partition 0 of a topic with the server's own Kafka client.
inline std::vector<held_record> read_partition(kafka_clients& clients, const std::string& bootstrap_servers,
                                               const std::string& topic, std::size_t count) {
  consumer_spec spec;
  spec.topic = topic;
  spec.consumer_group = test::unique_name("group");
  spec.options = {{"kafka", {{"bootstrap_servers", bootstrap_servers}}}};
  consumer_options options;
  options.partitions = {0};
  auto client = clients.make_consumer(spec, options, 0).value();
  BOOST_REQUIRE(client->start([] {}).has_value());
  std::vector<held_record> records;
  BOOST_TEST(test::eventually(std::chrono::seconds(20), [&] {
    const auto outcome = client->poll(options.batch);
    for (const auto& event : outcome.events) {
      if (std::holds_alternative<partitions_assigned>(event)) client->locate(1, {0});
      if (std::holds_alternative<partitions_located>(event)) client->accept({{0, offset{0}}});
    }
    if (outcome.records)
      for (const auto& read : outcome.records->records()) records.push_back({outcome.records, &read});
    return records.size() >= count;
  }));
  clients.see_off(std::move(client));
  BOOST_REQUIRE(records.size() == count);
  return records;
}

}  // namespace kfs::integration
