#pragma once

#include <fmt/format.h>

#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "config/consumers/spec.hpp"
#include "processors/file/options.hpp"
#include "processors/file/writers.hpp"
#include "processors/sink_registry.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/memory_batch.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::file_handover_fixture {

/// A consumer of the topic "orders" that writes these files.
inline consumer_spec consumer_writing(const std::string& id, const std::vector<std::string>& paths) {
  consumer_spec consumer;
  consumer.id = consumer_id{id};
  consumer.topic = "orders";
  for (const auto& path : paths)
    consumer.processors.push_back({processor_id{id + path}, "file_sink", {{"file_path", path}}, {}, {}});
  return consumer;
}

/// A write is refused after this time, and the partition taken back after two and a half times as long: more than a
/// busy machine takes for the steps in between.
inline constexpr std::chrono::milliseconds patience_to_be_refused{200};

/// A directory in which sinks write, each as in a process of its own.
struct handover_place {
  test::temp_directory directory;
  std::stop_source given_up;
  std::chrono::milliseconds patience{2};  ///< of the sinks that are made from now on

  /// The sink of the consumer's file of that number.
  sink_ptr make(const consumer_spec& consumer, int instance = 0, std::size_t file = 0) {
    environments_.push_back(std::make_unique<sink_environment>(
        sink_environment{{directory.path()},
                         {},
                         std::make_shared<file_writers>(logger::silent(), std::chrono::system_clock::now, patience)}));
    return find_sink_type("file_sink")
        ->make(consumer, consumer.processors.at(file), *environments_.back(), {.cancelled = given_up.get_token()},
               instance);
  }

  std::vector<std::unique_ptr<sink_environment>> environments_;
};

/// Records of a partition, which say where they stand.
inline test::memory_batch records(std::int64_t first, std::int64_t next, partition_number partition = 0) {
  std::vector<test::memory_record> made;
  for (auto at = first; at < next; ++at) made.push_back({.value = fmt::format("{}:{}", partition, at)});
  return {test::memory_source(), first, std::move(made), partition};
}

inline std::string lines(std::int64_t first, std::int64_t next, partition_number partition = 0) {
  std::string all;
  for (auto at = first; at < next; ++at) all += fmt::format("{}:{}\n", partition, at);
  return all;
}

inline std::optional<std::int64_t> position(sink& asked, partition_number partition = 0) {
  const auto found = asked.positions(*test::memory_source(), std::vector{partition});
  BOOST_TEST_REQUIRE(test::holds_value(found));
  return found->front() ? std::optional(found->front()->next.value) : std::nullopt;
}

inline void writes(sink& to, const test::memory_batch& of) {
  const auto written = to.write(of);
  BOOST_TEST_REQUIRE(test::holds_value(written));
}

}  // namespace kfs::file_handover_fixture
