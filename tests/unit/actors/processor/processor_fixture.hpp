#pragma once

#include <boost/test/unit_test.hpp>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include "actors/processor/spawn.hpp"
#include "tests/unit/actors/actor_fixture.hpp"
#include "tests/unit/actors/processor/metric_value.hpp"
#include "tests/unit/doubles/fake_kafka.hpp"

namespace kfs::test {

/// What a test decides and sees of one sink.
struct sink_script {
  std::deque<error> failures;     ///< the next writes fail with these, one each
  std::set<std::int64_t> poison;  ///< offsets of records that the sink always rejects
  std::optional<error> cannot_open;
  bool throws = false;
  bool throws_when_closed = false;
  std::function<void()> amid_write;  ///< called within write(); may be null
  std::vector<std::string> written;
  std::vector<std::vector<std::int64_t>> offered;  ///< offsets of each write
  int opened = 0;
  int closed = 0;
};

class scripted_sink final : public sink {
 public:
  explicit scripted_sink(std::shared_ptr<sink_script> script) : script_(std::move(script)) {}
  result<void> open() override {
    ++script_->opened;
    if (script_->cannot_open) return tl::make_unexpected(*script_->cannot_open);
    return {};
  }
  result<rejections> write(const batch& records) override {
    if (script_->throws) throw std::runtime_error("the disk caught fire");
    if (script_->amid_write) script_->amid_write();
    script_->offered.emplace_back();
    for (const auto& record : records.records()) script_->offered.back().push_back(record.position.value);
    if (!script_->failures.empty()) {
      const auto next = script_->failures.front();
      script_->failures.pop_front();
      return tl::make_unexpected(next);
    }
    rejections rejected;
    for (const auto& record : records.records()) {
      if (script_->poison.contains(record.position.value))
        rejected.push_back({record.partition, record.position, {ec::record_rejected, "it is poison"}});
    }
    if (rejected.empty()) {
      for (const auto& record : records.records()) script_->written.emplace_back(record.value);
    }
    return rejected;
  }
  result<void> close() override {
    ++script_->closed;
    if (script_->throws_when_closed) throw std::runtime_error("the disk is gone");
    return {};
  }

 private:
  std::shared_ptr<sink_script> script_;
};

/// Stands in for the consumer: keeps the reports of its processor.
inline consumer_actor::behavior_type listener(consumer_actor::pointer,
                                              std::shared_ptr<std::vector<processor_report>> heard) {
  return {
      [](wake_atom) {},
      [](flush_atom) {},
      [](tick_atom) {},
      [heard](observed_atom, const processor_report& report) { heard->push_back(report); },
      [](retry_atom) {},
      [](pause_atom, const paused_partitions&) { return done{}; },
      [](drain_atom, departure) { return done{}; },
  };
}

/// Records of partition 0 with their offsets as values.
inline batch_ptr numbered_batch(std::int64_t from, std::int64_t next) {
  auto made = std::make_shared<memory_batch>();
  for (auto position = from; position < next; ++position) made->add(0, position, std::to_string(position));
  return made;
}

/// A processor around a scripted sink, to which the test hands batches.
struct processor_fixture : actor_fixture {
  metrics measured;
  fake_kafka kafka;
  std::shared_ptr<sink_script> script = std::make_shared<sink_script>();
  std::shared_ptr<std::vector<processor_report>> heard = std::make_shared<std::vector<processor_report>>();
  std::shared_ptr<rejection_ledger> ledger = std::make_shared<rejection_ledger>();
  processor_spec spec{.id = {"p"}, .type = "scripted", .config = {}, .created_at = {}, .updated_at = {}};
  consumer_spec owner = [this] {
    auto made = example_spec();
    made.processors = {spec};
    return made;
  }();
  std::shared_ptr<consumer_metrics> counted = measured.of_consumer(owner);
  consumer_actor consumer = system().spawn(listener, heard);
  dead_letter_actor letters =
      spawn_dead_letters(system(), {.spec = std::make_shared<const consumer_spec>(owner), .clients = kafka});
  std::stop_source giving_up;
  processor_actor processor;
  int acknowledged = 0;

  explicit processor_fixture(on_error_options on_error = {}) { begin(on_error); }
  ~processor_fixture() {
    end(caf::actor_cast<caf::actor>(consumer));
    end(caf::actor_cast<caf::actor>(processor));
    end(caf::actor_cast<caf::actor>(letters));
  }

  void begin(const on_error_options& on_error) {
    processor = spawn_processor(system(), {.spec = spec,
                                           .sink = std::make_unique<scripted_sink>(script),
                                           .recovery = {},
                                           .consumer = consumer,
                                           .measured = counted,
                                           .log = logger::silent(),
                                           .owner = owner.id,
                                           .on_error = on_error,
                                           .letters = letters,
                                           .ledger = ledger,
                                           .given_up = giving_up.get_token()});
  }

  /// Ends the processor and starts another one in its place, like a restart of the consumer.
  void restart(const on_error_options& on_error) {
    end(caf::actor_cast<caf::actor>(processor));
    begin(on_error);
  }

  void end(const caf::actor& ended) {
    caf::anon_send_exit(ended, caf::exit_reason::kill);
    run();
  }

  /// Hands a batch over; `acknowledged` counts the answers.
  void deliver(batch_ptr records) {
    ask<done>(
        processor, [this](done) { ++acknowledged; }, ignore_refusal, deliver_atom::value, std::move(records));
  }

  fake_producer_script& producer() { return *kafka.producers.back(); }

  /// The values of the dead letters that producers were handed.
  std::vector<std::string> dead_letters() {
    std::vector<std::string> found;
    for (const auto& made : kafka.producers) {
      for (const auto& letter : made->produced) found.push_back(letter.value.value_or("null"));
    }
    return found;
  }

  /// The value of a metric of the processor; "none" when it has no series.
  std::string series(const std::string& name) const { return metric_value(measured, name); }
};

}  // namespace kfs::test
