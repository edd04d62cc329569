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
#include "tests/unit/doubles/fake_kafka.hpp"

namespace kfs::test {

/// What a test decides and sees of one sink.
struct sink_script {
  std::deque<error> failures;     ///< of the next writes, one a write
  std::set<std::int64_t> poison;  ///< offsets that are refused whenever they are offered
  std::optional<error> cannot_open;
  bool throws = false;
  bool throws_when_closed = false;
  std::function<void()> amid_write;  ///< null: nothing happens there
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
    for (const auto& one : records.records()) script_->offered.back().push_back(one.position.value);
    if (!script_->failures.empty()) {
      const auto next = script_->failures.front();
      script_->failures.pop_front();
      return tl::make_unexpected(next);
    }
    rejections refused;
    for (const auto& one : records.records()) {
      if (script_->poison.contains(one.position.value))
        refused.push_back({one.partition, one.position, {ec::record_rejected, "it is poison"}});
    }
    if (refused.empty()) {
      for (const auto& one : records.records()) script_->written.emplace_back(one.value);
    }
    return refused;
  }
  result<void> close() override {
    ++script_->closed;
    if (script_->throws_when_closed) throw std::runtime_error("the disk is gone");
    return {};
  }

 private:
  std::shared_ptr<sink_script> script_;
};

/// Stands in for the consumer: keeps what its processor reports.
inline consumer_actor::behavior_type listener(consumer_actor::pointer,
                                              std::shared_ptr<std::vector<processor_report>> heard) {
  return {
      [](wake_atom) {},  [](flush_atom) {},
      [](tick_atom) {},  [heard](observed_atom, const processor_report& report) { heard->push_back(report); },
      [](retry_atom) {}, [](drain_atom) { return done{}; },
  };
}

/// Records of partition 0 with their offsets as values.
inline batch_ptr numbered_batch(std::int64_t from, std::int64_t next) {
  auto made = std::make_shared<memory_batch>();
  for (auto position = from; position < next; ++position) made->add(0, position, std::to_string(position));
  return made;
}

/// A processor around a scripted sink, and one who hands it batches.
struct processor_fixture : actor_fixture {
  metrics measured;
  fake_kafka kafka;
  std::shared_ptr<sink_script> script = std::make_shared<sink_script>();
  std::shared_ptr<std::vector<processor_report>> heard = std::make_shared<std::vector<processor_report>>();
  std::shared_ptr<rejection_ledger> refusals = std::make_shared<rejection_ledger>();
  processor_spec spec{.id = {"p"}, .type = "scripted", .config = {}, .created_at = {}, .updated_at = {}};
  consumer_spec of = [this] {
    auto made = example_spec();
    made.processors = {spec};
    return made;
  }();
  std::shared_ptr<consumer_metrics> counted = measured.of_consumer(of);
  consumer_actor consumer = system().spawn(listener, heard);
  dead_letter_actor letters =
      spawn_dead_letters(system(), {.spec = std::make_shared<const consumer_spec>(of), .clients = kafka});
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
                                           .to = std::make_unique<scripted_sink>(script),
                                           .recovery = {},
                                           .consumer = consumer,
                                           .measured = counted,
                                           .log = logger::silent(),
                                           .of = of.id,
                                           .on_error = on_error,
                                           .letters = letters,
                                           .refusals = refusals,
                                           .given_up = giving_up.get_token()});
  }

  /// The processor is ended, and another one takes its place: what a restart of the consumer does.
  void restart(const on_error_options& on_error) {
    end(caf::actor_cast<caf::actor>(processor));
    begin(on_error);
  }

  void end(const caf::actor& which) {
    caf::anon_send_exit(which, caf::exit_reason::kill);
    run();
  }

  /// Hands a batch over; `acknowledged` counts the answers that have come.
  void deliver(batch_ptr records) {
    ask<done>(
        processor, [this](done) { ++acknowledged; }, ignore_refusal, deliver_atom::value, std::move(records));
  }

  fake_producer_script& producer() { return *kafka.producers.back(); }

  /// The offsets of the dead letters that a producer has taken.
  std::vector<std::string> dead_letters() {
    std::vector<std::string> found;
    for (const auto& each : kafka.producers) {
      for (const auto& one : each->produced) found.push_back(one.value.value_or("null"));
    }
    return found;
  }

  /// The value of a series of the processor.
  std::string series(const std::string& name) const {
    const auto text = measured.exposition();
    const auto at = text.find("\n" + name + "{");
    if (at == std::string::npos) return "none";
    const auto from = text.find("} ", at) + 2;
    return text.substr(from, text.find('\n', from) - from);
  }
};

}  // namespace kfs::test
