#pragma once

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "actors/consumer/spawn.hpp"
#include "processors/file/writers.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/temp_directory.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/doubles/fake_kafka.hpp"

namespace kfs::test {

using offsets = std::vector<partition_offset>;

inline batch_ptr records(partition_number partition, std::int64_t from, std::int64_t next) {
  auto made = std::make_shared<memory_batch>();
  for (auto position = from; position < next; ++position) made->add(partition, position, "v");
  return made;
}

/// A consumer without processors on a fake Kafka, or with those that a test gives it.
struct consumer_fixture : actor_fixture {
  temp_directory directory;
  metrics measured;
  fake_kafka kafka;
  sink_environment sinks;
  std::function<const sink_type*(std::string_view)> find_type = find_sink_type;
  std::function<processor_actor(caf::actor_system&, processor_environment)> start_processor = spawn_processor;
  event_log_ptr events = std::make_shared<event_log>();
  consumer_spec spec = example_spec();
  logger written_to = logger::silent();
  observation_ptr seen;
  consumer_actor consumer;
  bool drained = false;
  bool ended = false;
  std::optional<error> ended_by;

  ~consumer_fixture() {
    if (consumer) caf::anon_send_exit(consumer, caf::exit_reason::kill);
    run();
  }

  fake_client_script& client() { return *kafka.made.at(0); }

  /// One processor, which writes to a file.
  void with_file() {
    sinks.file_sink_directories = {directory.path()};
    sinks.files = std::make_shared<file_writers>(logger::silent());
    spec.processors = {{.id = {"p"},
                        .type = "file_sink",
                        .config = {{"file_path", (directory.path() / "out").string()}},
                        .created_at = {},
                        .updated_at = {}}};
  }

  /// What an earlier process wrote to that file, of partition 0.
  void with_written(std::int64_t from, std::int64_t next) {
    const auto sink = find_sink_type("file_sink")->make(spec, spec.processors.front(), sinks, {}, 0);
    BOOST_REQUIRE(sink->write(*records(0, from, next)).has_value());
    BOOST_REQUIRE(sink->close().has_value());
  }

  /// Where partition 0 stands in that file.
  std::optional<std::int64_t> position_in_file() const {
    const auto writer = sinks.files->of(directory.path() / "out", {});
    BOOST_REQUIRE(writer.has_value());
    const partition_number partition = 0;
    const auto found = (*writer)->positions(*memory_source(), {&partition, 1}, {});
    BOOST_TEST_REQUIRE(test::holds_value(found));
    return found->front() ? std::optional(found->front()->next.value) : std::nullopt;
  }

  /// The log that partition 0 belongs to in that file.
  std::string log_in_file() const {
    const auto writer = sinks.files->of(directory.path() / "out", {});
    BOOST_REQUIRE(writer.has_value());
    const partition_number partition = 0;
    const auto found = (*writer)->positions(*memory_source(), {&partition, 1}, {});
    BOOST_TEST_REQUIRE(test::holds_value(found));
    return found->front() ? found->front()->log : "none";
  }

  /// An earlier process set where partition 0 continues in that file.
  void with_start_at(std::int64_t position, const std::string& log) {
    const auto sink = find_sink_type("file_sink")->make(spec, spec.processors.front(), sinks, {}, 0);
    const sink_start start{0, offset{position}, log};
    BOOST_REQUIRE(sink->start_at(*memory_source(), {&start, 1}).has_value());
    BOOST_REQUIRE(sink->close().has_value());
  }

  std::string file() const { return file_text(directory.path() / "out"); }

  /// The group has committed this in partition 0.
  void with_committed(std::int64_t position, bool ours) {
    kafka.prepare = [=](fake_client_script& script) { script.group[0] = {0, {offset{position}, ours}}; };
  }

  /// An answer to a locate() that was not answered: partition 0, where the server committed `position`.
  void answer_locate(std::uint64_t round, std::int64_t position) {
    client().bring(partitions_located{
        .round = round, .source = memory_source(), .partitions = {{0, {offset{position}, true}}}, .failed = {}});
    wake();
  }

  /// Where partition 0 is read from, once for each time it was accepted.
  std::vector<std::int64_t> starts() {
    std::vector<std::int64_t> found;
    for (const auto& one : client().accepted) found.push_back(one.start.value_or(offset{-1}).value);
    return found;
  }

  /// From now on the processor fails: somebody else wrote to its file.
  void spoil_file() const { std::ofstream(directory.path() / "out", std::ios::app) << "spoilt"; }

  void begin() {
    consumer = spawn_consumer(system(), {.spec = std::make_shared<const consumer_spec>(spec),
                                         .options = typed_options(spec.options),
                                         .observe = [this](observation_ptr what) { seen = std::move(what); },
                                         .clients = kafka,
                                         .sinks = sinks,
                                         .measured = measured.of_consumer(spec),
                                         .log = written_to,
                                         .find_type = find_type,
                                         .events = events,
                                         .start_processor = start_processor});
    watch(consumer, [this](const caf::error& reason) {
      ended = true;
      if (reason) ended_by = from_caf(reason);
    });
  }

  void wake() {
    client().wake();
    run();
  }

  void assign(std::vector<partition_number> partitions) {
    client().bring(partitions_assigned{std::move(partitions)});
    wake();
  }

  void drain(departure how = departure::leave) {
    ask<done>(
        consumer, [this](done) { drained = true; }, ignore_refusal, drain_atom::value, how);
  }
};

}  // namespace kfs::test
