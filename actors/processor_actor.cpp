#include <algorithm>
#include <deque>
#include <utility>

#include "actors/answer.hpp"
#include "actors/children.hpp"
#include "actors/exceptions.hpp"

namespace kfs {
namespace {

/// The shell around one sink: retries, measures and reports.
class processor_shell {
 public:
  processor_shell(processor_actor::pointer self, processor_environment environment)
      : self_(self),
        environment_(std::move(environment)),
        policy_({.enabled = true,
                 .max_attempts = std::nullopt,
                 .initial_backoff = environment_.recovery.initial_backoff,
                 .max_backoff = environment_.recovery.max_backoff},
                std::hash<std::string>{}(environment_.spec.id.value)) {}

  ~processor_shell() {
    if (const auto closed = environment_.to->close(); !closed) complain("closing failed", closed.error());
  }

  processor_shell(const processor_shell&) = delete;
  processor_shell& operator=(const processor_shell&) = delete;

  void deliver(batch_ptr records, owed_answer<done> answer) {
    add([this, records = std::move(records), answer = std::move(answer)]() -> result<void> {
      if (auto written = write(*records); !written) return written;
      answer.give(done{});
      return {};
    });
  }

  void locate(record_source_ptr source, partition_numbers partitions, owed_answer<sink_positions> answer) {
    add([this, source = std::move(source), partitions = std::move(partitions),
         answer = std::move(answer)]() -> result<void> {
      auto found = environment_.to->positions(*source, *partitions);
      if (!found) return tl::make_unexpected(std::move(found).error());
      answer.give(std::make_shared<const std::vector<std::optional<offset>>>(std::move(*found)));
      return {};
    });
  }

  void start_at(record_source_ptr source, partition_offsets starts, owed_answer<done> answer) {
    add([this, source = std::move(source), starts = std::move(starts), answer = std::move(answer)]() -> result<void> {
      if (auto started = environment_.to->start_at(*source, *starts); !started) return started;
      answer.give(done{});
      return {};
    });
  }

  /// A back-off ended, or shall end now: the message of one that was cut short finds nothing to do.
  void retry() {
    if (!std::exchange(backing_off_, false)) return;
    work();
  }

  void drain(owed_answer<done> answer) {
    drained_ = std::move(answer);
    finish_if_drained();
  }

 private:
  /// Does something with the sink and answers for it; after an error it is tried again.
  using task = std::function<result<void>()>;

  void add(task what) {
    waiting_.push_back(std::move(what));
    if (!backing_off_) work();
  }

  void work() {
    while (!waiting_.empty()) {
      if (const auto outcome = attempt(waiting_.front()); !outcome) {
        failed(outcome.error());
        return;
      }
      succeeded();
      waiting_.pop_front();
    }
    finish_if_drained();
  }

  result<void> attempt(const task& what) {
    if (!open_) {
      if (const auto opened = environment_.to->open(); !opened) return opened;
      open_ = true;
    }
    return what();
  }

  result<void> write(const batch& records) {
    const auto begun = std::chrono::steady_clock::now();
    const auto written = environment_.to->write(records);
    if (!written) return tl::make_unexpected(written.error());
    if (!written->empty()) return tl::make_unexpected(written->front().why);
    environment_.measured->written(environment_.spec.id, records.records().size(),
                                   std::chrono::steady_clock::now() - begun);
    return {};
  }

  /// What failed stays in front and is offered again when the back-off ends.
  void failed(const error& what) {
    const auto wait = std::max(*policy_.failed(self_->clock().now()), what.retry_after);
    environment_.measured->failed(environment_.spec.id);
    complain("the sink failed", what);
    backing_off_ = true;
    ++attempts_;
    const auto at = now();
    report({.id = environment_.spec.id,
            .type = environment_.spec.type,
            .fault = fault_report{.code = what.code,
                                  .message = what.message,
                                  .source = "processor:" + environment_.spec.id.value,
                                  .at = at,
                                  .attempts = attempts_},
            .recovery = recovery_report{.attempt = attempts_ + 1, .next_attempt_at = at + wait}});
    self_->delayed_send(self_, wait, retry_atom::value);
  }

  void succeeded() {
    policy_.healthy(self_->clock().now());
    if (std::exchange(attempts_, 0) == 0) return;
    environment_.log.info("the processor writes again", {{"processor_id", environment_.spec.id.value}});
    report({.id = environment_.spec.id, .type = environment_.spec.type, .fault = {}, .recovery = {}});
  }

  void report(processor_report how) { self_->send(environment_.consumer, observed_atom::value, std::move(how)); }

  void complain(std::string_view what, const error& why) const {
    environment_.log.warning(what, {{"processor_id", environment_.spec.id.value},
                                    {"processor_type", environment_.spec.type},
                                    {"code", std::string(to_string(why.code))},
                                    {"reason", why.message}});
  }

  void finish_if_drained() {
    if (!drained_ || !waiting_.empty()) return;
    drained_->give(done{});
    self_->quit();
  }

  processor_actor::pointer self_;
  processor_environment environment_;
  restart_policy policy_;
  std::deque<task> waiting_;
  std::optional<owed_answer<done>> drained_;
  std::int64_t attempts_ = 0;
  bool open_ = false;
  bool backing_off_ = false;
};

struct processor_state {
  static inline const char* name = "processor";
  std::unique_ptr<processor_shell> shell;
};

processor_actor::behavior_type processor(processor_actor::stateful_pointer<processor_state> self,
                                         const std::shared_ptr<processor_environment>& environment) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->state.shell = std::make_unique<processor_shell>(self, std::move(*environment));
  return {
      [self](deliver_atom, batch_ptr& records) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.shell->deliver(std::move(records), owed_answer<done>(answer));
        return answer;
      },
      [self](locate_atom, record_source_ptr& source, partition_numbers& partitions) -> caf::result<sink_positions> {
        auto answer = self->make_response_promise<sink_positions>();
        self->state.shell->locate(std::move(source), std::move(partitions), owed_answer<sink_positions>(answer));
        return answer;
      },
      [self](start_atom, record_source_ptr& source, partition_offsets& starts) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.shell->start_at(std::move(source), std::move(starts), owed_answer<done>(answer));
        return answer;
      },
      [self](drain_atom) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state.shell->drain(owed_answer<done>(answer));
        return answer;
      },
      [self](retry_atom) { self->state.shell->retry(); },
  };
}

}  // namespace

processor_actor spawn_processor(caf::actor_system& system, processor_environment environment) {
  const bool waits = environment.sink_waits;
  auto shared = std::make_shared<processor_environment>(std::move(environment));
  return waits ? system.spawn<caf::detached>(processor, std::move(shared)) : system.spawn(processor, std::move(shared));
}

}  // namespace kfs
