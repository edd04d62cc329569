#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "actors/consumer/processor_link.hpp"

namespace kfs {

/// The children of a consumer: its processors, and the producer of their dead letters.
///
/// Ownership and threading: part of one consumer actor. Its destruction ends them.
class consumer_processors {
 public:
  /// Starts them. The types of all processors are known. `changed` is called when how one is doing has changed.
  consumer_processors(consumer_actor::pointer self, const consumer_environment& environment,
                      std::function<void()> changed);
  ~consumer_processors();
  consumer_processors(const consumer_processors&) = delete;
  consumer_processors& operator=(const consumer_processors&) = delete;

  [[nodiscard]] std::size_t size() const noexcept { return links_.size(); }
  [[nodiscard]] bool empty() const noexcept { return links_.empty(); }
  [[nodiscard]] processor_link& operator[](std::size_t index) { return links_[index]; }

  /// Hands a batch to every processor; `acknowledged` is called once for each that made it durable.
  void deliver(const batch_ptr& records, const std::function<void()>& acknowledged);
  /// What failed is tried again now.
  void retry();
  void ticked();
  /// Ends them in good order. `drained` is called when all have ended, or after the bound.
  void drain(std::chrono::milliseconds bound, std::function<void()> drained);

  /// A processor tells how it is doing.
  void reported(const processor_report& report);
  /// A child has ended, and a processor was replaced. Returns why the consumer has to end; nullopt when it need not.
  [[nodiscard]] std::optional<error> ended(const caf::actor_addr& child, const caf::error& reason);

  [[nodiscard]] std::vector<processor_standing> standings() const;
  /// No processor has a fault.
  [[nodiscard]] bool work() const;
  /// A processor has failed for the last time, so its batches are not written before the next start.
  [[nodiscard]] bool gave_up() const;
  /// Each processor that has a batch in hand has a fault.
  [[nodiscard]] bool fail_with_all_in_hand() const;
  /// No processor has a batch in hand, and no number changes with time alone.
  [[nodiscard]] bool rest() const;

 private:
  const recovery_options& recovery_;
  dead_letter_actor letters_;  ///< null unless rejected records go to a topic
  std::deque<processor_link> links_;
  std::size_t draining_ = 0;
};

}  // namespace kfs
