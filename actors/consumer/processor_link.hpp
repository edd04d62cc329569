#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <variant>

#include "actors/consumer/processor_condition.hpp"
#include "actors/consumer/spawn.hpp"
#include "actors/core/restart_intensity.hpp"

namespace kfs {

/// A consumer's connection to one of its processors: it starts the processor's actor and gives it work. An actor that
/// ends by itself is replaced by another one with a new sink, which is given everything that was not answered again, in
/// the same order; a sink skips what it has already. A processor that ends too often ends its consumer.
///
/// A processor that is stuck is told to end, and is replaced when it has ended (processor_condition judges that).
///
/// Ownership and threading: part of one consumer actor, which outlives it.
class processor_link {
 public:
  using clock = std::chrono::steady_clock;

  /// What the links of one consumer share; outlives them.
  struct environment {
    consumer_actor::pointer self;
    const consumer_environment& consumer;
    dead_letter_actor letters;      ///< null when rejected records go to no topic
    std::function<void()> changed;  ///< how the processor is doing has changed
  };

  /// Starts the processor.
  processor_link(const environment& shared, const processor_spec& spec, const sink_type& type);
  ~processor_link();
  processor_link(const processor_link&) = delete;
  processor_link& operator=(const processor_link&) = delete;

  // Work. `finished` is called once it is done, however many actors that takes.
  void deliver(const batch_ptr& records, std::function<void()> finished);
  void locate(const record_source_ptr& source, const partition_numbers& partitions,
              std::function<void(const sink_positions&)> finished);
  void start_at(const record_source_ptr& source, const sink_starts& starts, std::function<void()> finished);

  /// What failed is tried again now.
  void retry();

  /// Ends the processor in good order; `drained` is called when it has ended, or after the bound. A processor that has
  /// a fault is not waited for.
  void drain(std::chrono::milliseconds bound, std::function<void()> drained);

  /// The processor tells how it is doing. A report of an actor that was replaced is dropped.
  void reported(const processor_report& report);

  /// Whether this is its actor.
  [[nodiscard]] bool is(const caf::actor_addr& actor) const { return actor_.handle.address() == actor; }

  /// Its actor has ended, and is replaced. Returns why the consumer has to end when it is not; nullopt otherwise.
  [[nodiscard]] std::optional<error> ended(const caf::error& reason);

  /// Called at every tick of the consumer: judges whether the processor is stuck, and measures.
  void ticked();

  [[nodiscard]] processor_standing standing() const;
  [[nodiscard]] const std::optional<fault_report>& fault() const noexcept { return condition_.fault(); }
  [[nodiscard]] const processor_id& id() const noexcept { return spec_.id; }

  /// Nothing is in hand.
  [[nodiscard]] bool idle() const noexcept { return unanswered_.empty(); }
  /// Nothing is in hand, and no number changes with time alone.
  [[nodiscard]] bool rests() const noexcept { return idle() && condition_.records_per_second() == 0; }

 private:
  struct delivery {
    batch_ptr records;
    std::function<void()> finished;
  };
  struct location {
    record_source_ptr source;
    partition_numbers partitions;
    std::function<void(const sink_positions&)> finished;
  };
  struct start {
    record_source_ptr source;
    sink_starts starts;
    std::function<void()> finished;
  };
  using question = std::variant<delivery, location, start>;
  using question_number = std::uint64_t;

  /// One actor of the processor, and what is its own.
  struct incarnation {
    std::uint64_t number = 0;
    processor_actor handle;
    std::stop_source given_up;  ///< asks its sink to give up
    std::shared_ptr<work_gauge> gauge = std::make_shared<work_gauge>();
    std::optional<error> broken;  ///< why it was killed
  };

  void spawn();
  void replace();
  void ask(question added);
  void send(question_number number, const question& asked);
  template <class... Message>
  auto request(const Message&... message);
  auto failure();
  [[nodiscard]] std::optional<question> answered(question_number number);
  void failed(std::uint64_t incarnation_number, const caf::error& reason);
  void prove_ready();
  [[nodiscard]] clock::time_point now_on_clock() const { return environment_.self->clock().now(); }

  const environment environment_;
  const processor_spec spec_;
  const sink_type& type_;
  processor_condition condition_;
  restart_intensity intensity_;
  incarnation actor_;
  std::map<question_number, question> unanswered_;  ///< given again to a new actor, in the order of the numbers
  question_number asked_ = 0;
};

}  // namespace kfs
