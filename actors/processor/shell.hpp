#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <optional>

#include "actors/answer.hpp"
#include "actors/processor/attempts.hpp"
#include "actors/processor/batch_delivery.hpp"
#include "actors/processor/core/destination_proof.hpp"
#include "actors/processor/dead_letter_post.hpp"
#include "actors/processor/rejection_handler.hpp"
#include "actors/processor/spawn.hpp"

namespace kfs {

/// The behaviour of one processor actor around one sink: it carries out its tasks in order, and tries a failed task
/// again after a back-off.
///
/// A failed destination is tried again without limit. It never counts as an attempt of a record.
///
/// Ownership and threading: the state of one processor actor, which alone calls it.
class processor_shell {
 public:
  processor_shell(processor_actor::pointer self, processor_environment environment);
  ~processor_shell();
  processor_shell(const processor_shell&) = delete;
  processor_shell& operator=(const processor_shell&) = delete;

  void deliver(batch_ptr records, owed_answer<done> answer);
  void locate(record_source_ptr source, partition_numbers partitions, owed_answer<sink_positions> answer);
  void start_at(record_source_ptr source, sink_starts starts, owed_answer<done> answer);

  /// Answers when the sink is open.
  void prove_ready(owed_answer<done> answer);

  /// Ends a back-off. Does nothing when no back-off is running, because an earlier call has ended it.
  void retry();

  void drain(owed_answer<done> answer);

 private:
  enum class progress : std::uint8_t {
    done,
    posting,  ///< continues when its dead letters have been answered
    stopped,  ///< never continues
  };
  /// Something to do with the sink. After an error it is done again.
  struct task {
    std::function<result<progress>()> work = {};    ///< answers the request; null when a batch is delivered
    batch_delivery_ptr delivery = {};               ///< null unless a batch is delivered
    std::vector<owed_answer<done>> delivered = {};  ///< answered when it is; one for each batch
  };

  void add(task added);
  void work();
  [[nodiscard]] bool given_up() const { return environment_.given_up.stop_requested(); }
  result<progress> attempt(task& next);
  result<progress> advance(task& current);
  result<rejections> write(batch_delivery& delivery);
  bool join_next();
  void post(const batch_delivery_ptr& delivery);
  void failed(const error& reason);
  void finish_if_drained();

  processor_actor::pointer self_;
  processor_environment environment_;
  processor_attempts attempts_;
  rejection_handler rejections_;
  destination_proof proof_;
  std::uint64_t accepted_ = 0;  ///< records, as far as the sink does not count them itself
  dead_letter_post letters_;
  std::list<task> waiting_;  ///< the first one is worked on, by reference; so none moves
  std::optional<owed_answer<done>> drained_;
  bool open_ = false;
  enum class mode : std::uint8_t { working, backing_off, posting, stopped } mode_ = mode::working;
};

}  // namespace kfs
