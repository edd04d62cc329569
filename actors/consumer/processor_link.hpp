#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>

#include "actors/consumer/spawn.hpp"
#include "actors/core/own_standstill.hpp"
#include "actors/core/restart_intensity.hpp"

namespace kfs {

/// A consumer's line to one of its processors. It starts the processor's actor and hands it work. An actor that ends by
/// itself is replaced by another one, with a new sink, which is handed again, in the same order, all that was not
/// answered: a sink skips what it has already. One that ends too often ends its consumer.
///
/// It also watches: a processor that is in its sink, or has work, for longer than options.recovery.processor_timeout
/// without a sign of life is told to give up and is replaced when it comes back. One whose destination says nothing is
/// told of, and left to its own time-outs; one that failed, and whose destination takes records again, is well.
///
/// Ownership and threading: part of one consumer actor, which it outlives not.
class processor_link {
 public:
  using clock = std::chrono::steady_clock;
  /// For so long a destination may say nothing before that is told; where processor_timeout is shorter, for that long.
  static constexpr std::chrono::seconds destination_patience{10};
  /// A consumer that comes round later than this stood still itself.
  static constexpr std::chrono::seconds longest_tick{8};

  /// What links of one consumer share; outlives them.
  struct environment {
    consumer_actor::pointer self;
    const consumer_environment& of;
    dead_letter_actor letters;      ///< null: refused records go to no topic
    std::function<void()> changed;  ///< how the processor is doing has changed
  };

  /// Starts the processor.
  processor_link(const environment& shared, const processor_spec& spec, const sink_type& type);
  ~processor_link();
  processor_link(const processor_link&) = delete;
  processor_link& operator=(const processor_link&) = delete;

  // Work. `then` is called once it is done, however many actors that takes.
  void deliver(const batch_ptr& records, std::function<void()> then);
  void locate(const record_source_ptr& source, const partition_numbers& partitions,
              std::function<void(const sink_positions&)> then);
  void start_at(const record_source_ptr& source, const partition_offsets& starts, std::function<void()> then);

  /// What failed is tried again now.
  void retry();

  /// Ends the processor in good order; `then` is called when it has ended, or after the bound.
  void drain(std::chrono::milliseconds bound, std::function<void()> then);

  /// The processor tells of itself. What one tells that was replaced is dropped.
  void reported(const processor_report& report);

  /// Whether this is its actor.
  [[nodiscard]] bool is(const caf::actor_addr& who) const { return handle_.address() == who; }

  /// Its actor has ended. It is replaced; or else what is answered is why the consumer has to end.
  [[nodiscard]] std::optional<error> ended(const caf::error& reason);

  /// Called at every tick of the consumer: judges whether it is stuck, and measures.
  void ticked();

  [[nodiscard]] processor_standing standing() const;
  [[nodiscard]] const std::optional<fault_report>& fault() const noexcept { return report_.fault; }
  [[nodiscard]] const processor_id& id() const noexcept { return spec_.id; }

  /// Nothing is in hand, and nothing is told that changes with time alone.
  [[nodiscard]] bool rests() const noexcept { return unanswered_.empty() && rate_ == 0; }

 private:
  /// Something that the processor was asked. In the order of their numbers they are sent again to a new actor.
  struct question {
    std::function<void()> send;
    std::int64_t records = 0;
    bool is_batch = false;
  };
  using question_number = std::uint64_t;

  void start();
  void replace();
  void ask(std::function<void(question_number)> send, std::int64_t records, bool is_batch);
  bool answered(question_number number);
  void refused(std::uint64_t incarnation, const caf::error& why);
  void prove_ready();
  void judge_destination(clock::time_point at);
  void give_up(std::string why);
  void become_well();
  void become_failed(event_kind how, fault_report fault, std::optional<recovery_report> recovery = {});
  void become(std::optional<fault_report> fault, std::optional<recovery_report> recovery);
  [[nodiscard]] fault_report fault_of(ec code, std::string message) const;
  [[nodiscard]] std::string name() const;
  [[nodiscard]] clock::time_point now_on_clock() const { return environment_.self->clock().now(); }

  const environment environment_;
  const processor_spec spec_;
  const sink_type& type_;
  const clock::duration patience_;
  const clock::duration silence_;  ///< of its destination, that is not told
  restart_intensity intensity_;
  processor_actor handle_;
  std::uint64_t incarnation_ = 0;  ///< of the present actor
  std::stop_source given_up_;      ///< of its sink
  std::shared_ptr<work_gauge> gauge_ = std::make_shared<work_gauge>();
  bool stuck_ = false;           ///< it was told to end, and has not
  bool waiting_ = false;         ///< its destination says nothing, which is told
  bool proving_ = false;         ///< it took the place of another, and has said nothing yet
  std::optional<error> broken_;  ///< why it is ended by us
  std::map<question_number, question> unanswered_;
  question_number asked_ = 0;
  own_standstill standstill_{longest_tick};
  clock::time_point moved_;  ///< when the last answer came, or the first question after a rest
  processor_report report_;
  std::int64_t restarts_ = 0;
  std::int64_t records_ = 0;
  std::int64_t records_measured_ = 0;
  std::int64_t rate_ = 0;
  clock::time_point measured_;
};

}  // namespace kfs
