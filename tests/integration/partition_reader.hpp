#pragma once

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "actors/kafka/ports.hpp"
#include "tests/support/eventually.hpp"

namespace kfs::integration {

/// A record and the batch that keeps it.
struct held_record {
  batch_ptr in;
  const record* one;

  void headers(std::vector<record_header>& into) const { in->headers_of(*one, into); }
};

/// The first `count` records of partition 0 of a topic, read by a client of the product's own.
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
  std::vector<held_record> got;
  BOOST_TEST(test::eventually(std::chrono::seconds(20), [&] {
    const auto outcome = client->poll(options.batch);
    for (const auto& event : outcome.events) {
      if (std::holds_alternative<partitions_assigned>(event)) client->locate(1, {0});
      if (std::holds_alternative<partitions_located>(event)) client->accept({{0, offset{0}}});
    }
    if (outcome.records)
      for (const auto& one : outcome.records->records()) got.push_back({outcome.records, &one});
    return got.size() >= count;
  }));
  clients.see_off(std::move(client));
  BOOST_REQUIRE(got.size() == count);
  return got;
}

}  // namespace kfs::integration
