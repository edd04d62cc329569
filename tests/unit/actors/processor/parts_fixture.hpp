#pragma once

#include <boost/test/unit_test.hpp>
#include <string>

#include "actors/processor/spawn.hpp"
#include "tests/unit/actors/processor/metric_value.hpp"
#include "tests/unit/doubles/fake_kafka.hpp"

namespace kfs::test {

/// The environment of one processor, for tests of its parts: without actors, and without a sink.
struct parts_fixture {
  metrics measured;
  processor_spec spec{.id = {"p"}, .type = "scripted", .config = {}, .created_at = {}, .updated_at = {}};
  processor_environment environment = make_environment();
  rejection_ledger& ledger = *environment.ledger;

  /// The value of a metric of the processor; "none" when it has no series.
  std::string series(const std::string& name) const { return metric_value(measured, name); }

  static std::shared_ptr<memory_batch> numbered_batch(int count) {
    return std::make_shared<memory_batch>(numbered(count));
  }

  static rejection rejection_at(std::int64_t position, std::string reason = "it is poison") {
    return {0, offset{position}, {ec::record_rejected, std::move(reason)}};
  }

 private:
  processor_environment make_environment() {
    auto consumer = example_spec();
    consumer.processors = {spec};
    return {.spec = spec,
            .sink = nullptr,
            .recovery = {},
            .consumer = {},
            .measured = measured.of_consumer(consumer),
            .log = logger::silent(),
            .owner = consumer.id};
  }
};

}  // namespace kfs::test
