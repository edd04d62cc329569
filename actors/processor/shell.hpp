#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "actors/answer.hpp"
#include "actors/core/restart_policy.hpp"
#include "actors/processor/batch_delivery.hpp"
#include "actors/processor/spawn.hpp"

namespace kfs {

/// The behaviour of one processor actor, around one sink: tries again what failed, deals with refused records as
/// options.on_error says, measures and reports.
///
/// A failed endpoint is never held against a record: it is tried again for ever, and counts as an attempt of none.
///
/// Ownership and threading: the state of one processor actor, and only ever called by it.
class processor_shell {
 public:
  /// Dead letters of one batch that are under way at once.
  static constexpr std::size_t letters_at_once = 1'000;

  processor_shell(processor_actor::pointer self, processor_environment environment);
  ~processor_shell();
  processor_shell(const processor_shell&) = delete;
  processor_shell& operator=(const processor_shell&) = delete;

  void deliver(batch_ptr records, owed_answer<done> answer);
  void locate(record_source_ptr source, partition_numbers partitions, owed_answer<sink_positions> answer);
  void start_at(record_source_ptr source, partition_offsets starts, owed_answer<done> answer);

  /// Answers when the sink is open.
  void prove_ready(owed_answer<done> answer);

  /// A back-off ended, or shall end now: the message of one that was cut short finds nothing to do.
  void retry();

  void drain(owed_answer<done> answer);

 private:
  enum class progress : std::uint8_t {
    done,
    posting,  ///< goes on when its dead letters have been answered
    stopped,  ///< never goes on
  };
  /// Does something with the sink and answers for it; after an error it is tried again.
  using task = std::function<result<progress>()>;
  using delivery_ptr = std::shared_ptr<batch_delivery>;

  void add(task what);
  void work();
  [[nodiscard]] bool given_up() const { return environment_.given_up.stop_requested(); }
  result<progress> attempt(const task& what);

  result<progress> advance(const delivery_ptr& of, const owed_answer<done>& answer);
  result<rejections> write(const batch& records);
  result<progress> refused(batch_delivery& of, const rejections& records);
  progress stop(const batch_delivery& of, const rejection& at, const refusal_history& so_far);

  void post(const delivery_ptr& of);
  void posted(const delivery_ptr& of, const posted_letters& outcome);

  void failed(const error& what);
  void succeeded();
  void report(std::optional<fault_report> fault, std::optional<recovery_report> recovery);
  [[nodiscard]] fault_report fault_of(const error& what, timestamp at) const;
  void complain(std::string_view what, const error& why) const;
  void tell(std::string_view what, const record_places& of) const;
  void finish_if_drained();

  processor_actor::pointer self_;
  processor_environment environment_;
  restart_policy policy_;
  std::deque<task> waiting_;
  std::optional<owed_answer<done>> drained_;
  std::int64_t attempts_ = 0;
  bool open_ = false;
  enum class mode : std::uint8_t { working, backing_off, posting, stopped } mode_ = mode::working;
};

}  // namespace kfs
