#include "actors/processor/shell.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "actors/processor/core/rejection_policy.hpp"
#include "actors/processor/dead_letter.hpp"

namespace kfs {
namespace {

/// Back-offs alone count here: whether an end comes is for the supervisor to say.
recovery_options endless(recovery_options recovery) {
  recovery.enabled = true;
  recovery.max_attempts.reset();
  return recovery;
}

/// Shows whoever watches that somebody is in the sink.
class in_sink {
 public:
  in_sink(work_gauge& gauge, work_gauge::clock::time_point now) : gauge_(gauge) { gauge_.entered(now); }
  ~in_sink() { gauge_.left(); }
  in_sink(const in_sink&) = delete;
  in_sink& operator=(const in_sink&) = delete;

 private:
  work_gauge& gauge_;
};

}  // namespace

processor_shell::processor_shell(processor_actor::pointer self, processor_environment environment)
    : self_(self),
      environment_(std::move(environment)),
      policy_(endless(environment_.recovery), std::hash<std::string>{}(environment_.spec.id.value)) {}

/// A sink must not throw; one that does all the same is not worth the process, which an exception from here would end.
processor_shell::~processor_shell() {
  try {
    if (const auto closed = environment_.to->close(); !closed) complain("closing failed", closed.error());
  } catch (const std::exception& thrown) {
    complain("closing failed", {ec::internal, std::string("an unexpected exception: ") + thrown.what()});
  }
}

void processor_shell::deliver(batch_ptr records, owed_answer<done> answer) {
  add([this, of = std::make_shared<batch_delivery>(std::move(records)), answer = std::move(answer)] {
    return advance(of, answer);
  });
}

void processor_shell::locate(record_source_ptr source, partition_numbers partitions,
                             owed_answer<sink_positions> answer) {
  add([this, source = std::move(source), partitions = std::move(partitions),
       answer = std::move(answer)]() -> result<progress> {
    auto found = environment_.to->positions(*source, *partitions);
    if (!found) return tl::make_unexpected(std::move(found).error());
    answer.give(std::make_shared<const std::vector<std::optional<offset>>>(std::move(*found)));
    return progress::done;
  });
}

void processor_shell::start_at(record_source_ptr source, partition_offsets starts, owed_answer<done> answer) {
  add([this, source = std::move(source), starts = std::move(starts), answer = std::move(answer)]() -> result<progress> {
    if (const auto started = environment_.to->start_at(*source, *starts); !started)
      return tl::make_unexpected(started.error());
    for (const auto& [partition, start] : *starts)
      environment_.refusals->passed(environment_.spec.id, partition, start);
    answer.give(done{});
    return progress::done;
  });
}

void processor_shell::prove_ready(owed_answer<done> answer) {
  add([answer = std::move(answer)]() -> result<progress> {
    answer.give(done{});
    return progress::done;
  });
}

void processor_shell::retry() {
  if (mode_ != mode::backing_off) return;
  mode_ = mode::working;
  work();
}

void processor_shell::drain(owed_answer<done> answer) {
  drained_ = std::move(answer);
  finish_if_drained();
}

void processor_shell::add(task what) {
  waiting_.push_back(std::move(what));
  if (mode_ == mode::working) work();
}

/// One that was given up has another in its place by the time it comes back from its sink: it does nothing more there.
void processor_shell::work() {
  while (!waiting_.empty()) {
    if (given_up()) return;
    const auto outcome = attempt(waiting_.front());
    if (!outcome) return failed(outcome.error());
    if (*outcome != progress::done) return;
    succeeded();
    waiting_.pop_front();
  }
  finish_if_drained();
}

result<processor_shell::progress> processor_shell::attempt(const task& what) {
  const in_sink shown(*environment_.gauge, self_->clock().now());
  if (!open_) {
    if (const auto opened = environment_.to->open(); !opened) return tl::make_unexpected(opened.error());
    open_ = true;
  }
  return what();
}

// Records ------------------------------------------------------------------------------------------------------------

/// Every round either ends or leaves out at least one record more.
result<processor_shell::progress> processor_shell::advance(const delivery_ptr& of, const owed_answer<done>& answer) {
  while (true) {
    if (!of->letters.empty()) {
      post(of);
      return progress::posting;
    }
    if (given_up()) return progress::stopped;
    if (of->unsettled) return tl::make_unexpected(*std::exchange(of->unsettled, std::nullopt));
    const auto written = write(of->left());
    if (!written) return tl::make_unexpected(written.error());
    if (written->empty()) break;
    const auto outcome = refused(*of, *written);
    if (!outcome || *outcome == progress::stopped) return outcome;
  }
  for (const auto& range : of->whole()->ranges())
    environment_.refusals->passed(environment_.spec.id, range.partition, range.next);
  answer.give(done{});
  return progress::done;
}

result<rejections> processor_shell::write(const batch& records) {
  const auto begun = std::chrono::steady_clock::now();
  auto written = environment_.to->write(records);
  if (written && written->empty()) {
    environment_.measured->written(environment_.spec.id, records.records().size(),
                                   std::chrono::steady_clock::now() - begun);
  }
  return written;
}

result<processor_shell::progress> processor_shell::refused(batch_delivery& of, const rejections& records) {
  const auto offered = of.find(records);
  const auto so_far = environment_.refusals->refused(environment_.spec.id, *of.whole(), records, now());
  record_places skipped;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto& one = records[i];
    if (offered[i] == nullptr)
      return failure(ec::internal, "the sink refuses a record that it was not offered: partition " +
                                       std::to_string(one.partition) + ", offset " +
                                       std::to_string(one.position.value));
    switch (dispose(environment_.on_error, so_far[i].attempts)) {
      case refusal_policy::retry:
        if (!of.unsettled)
          of.unsettled = refusal_error(of.whole()->source().topic, one, environment_.on_error, so_far[i]);
        break;
      case refusal_policy::dead_letter:
        of.letters.push_back({*offered[i], one.why, so_far[i]});
        break;
      case refusal_policy::skip:
        environment_.refusals->forget(environment_.spec.id, one.partition, one.position);
        skipped.emplace(one.partition, one.position);
        break;
      case refusal_policy::stop:
        return stop(of, one, so_far[i]);
    }
  }
  if (!skipped.empty()) {
    of.leave_out(skipped);
    environment_.measured->skipped(environment_.spec.id, skipped.size());
    tell("records that the sink refuses were skipped", skipped);
  }
  return progress::done;
}

/// A start begins to count anew.
processor_shell::progress processor_shell::stop(const batch_delivery& of, const rejection& at,
                                                const refusal_history& so_far) {
  mode_ = mode::stopped;
  environment_.refusals->forget(environment_.spec.id, at.partition, at.position);
  environment_.measured->failed(environment_.spec.id);
  ++attempts_;
  auto fault = fault_of(refusal_error(of.whole()->source().topic, at, environment_.on_error, so_far), now());
  fault.until_started = true;
  complain("the consumer stops at a refused record", {fault.code, fault.message});
  report(std::move(fault), std::nullopt);
  return progress::stopped;
}

// Dead letters -------------------------------------------------------------------------------------------------------

/// Produces the first of a batch's dead letters, as many as may be under way.
void processor_shell::post(const delivery_ptr& of) {
  mode_ = mode::posting;
  const auto& whole = of->whole();
  const auto topic = environment_.on_error.dead_letter_topic_of(whole->source().topic);
  const dead_letter_sender from{environment_.of, environment_.spec.id, environment_.spec.type};
  const auto outcome = std::make_shared<posted_letters>();
  outcome->open = std::min(of->letters.size(), letters_at_once);
  for (std::size_t i = 0; i < outcome->open; ++i) {
    const auto& [what, why, so_far] = of->letters[i];
    self_
        ->request(environment_.letters, caf::infinite, deliver_atom::value,
                  make_dead_letter(topic, whole, what, why, so_far, from))
        .then(
            [this, of, outcome, place = record_place{what.partition, what.position}](done) {
              outcome->produced.insert(place);
              if (--outcome->open == 0) posted(of, *outcome);
            },
            [this, of, outcome](const caf::error& refused) {
              if (!outcome->failed) outcome->failed = from_caf(refused);
              if (--outcome->open == 0) posted(of, *outcome);
            });
  }
}

/// Those that were not produced are posted again, after a back-off.
void processor_shell::posted(const delivery_ptr& of, const posted_letters& outcome) {
  mode_ = mode::working;
  if (!outcome.produced.empty()) {
    std::erase_if(of->letters, [&](const refused_record& one) {
      return outcome.produced.contains({one.what.partition, one.what.position});
    });
    for (const auto& [partition, position] : outcome.produced)
      environment_.refusals->forget(environment_.spec.id, partition, position);
    of->leave_out(outcome.produced);
    environment_.measured->dead_lettered(environment_.spec.id, outcome.produced.size());
    tell("records that the sink refuses went to the dead-letter topic", outcome.produced);
  }
  if (outcome.failed) return failed(*outcome.failed);
  work();
}

// Telling ------------------------------------------------------------------------------------------------------------

/// What failed stays in front and is tried again when the back-off ends.
void processor_shell::failed(const error& what) {
  const auto wait = std::max(*policy_.failed(self_->clock().now()), what.retry_after);
  environment_.measured->failed(environment_.spec.id);
  complain("the processor failed", what);
  mode_ = mode::backing_off;
  ++attempts_;
  const auto at = now();
  report(fault_of(what, at), recovery_report{.attempt = attempts_ + 1, .next_attempt_at = at + wait});
  self_->delayed_send(self_, wait, retry_atom::value);
}

void processor_shell::succeeded() {
  policy_.healthy(self_->clock().now());
  if (std::exchange(attempts_, 0) == 0) return;
  environment_.log.info("the processor writes again", {{"processor_id", environment_.spec.id.value}});
  report(std::nullopt, std::nullopt);
}

fault_report processor_shell::fault_of(const error& what, timestamp at) const {
  return {.code = what.code,
          .message = what.message,
          .source = fault_source::of_processor(environment_.spec.id),
          .at = at,
          .attempts = attempts_};
}

void processor_shell::report(std::optional<fault_report> fault, std::optional<recovery_report> recovery) {
  self_->send(environment_.consumer, observed_atom::value,
              processor_report{.id = environment_.spec.id,
                               .type = environment_.spec.type,
                               .incarnation = environment_.incarnation,
                               .fault = std::move(fault),
                               .recovery = std::move(recovery)});
}

void processor_shell::complain(std::string_view what, const error& why) const {
  environment_.log.warning(what, {{"processor_id", environment_.spec.id.value},
                                  {"processor_type", environment_.spec.type},
                                  {"code", std::string(to_string(why.code))},
                                  {"reason", why.message}});
}

/// Places only: neither keys nor values, nor a reason that might repeat them.
void processor_shell::tell(std::string_view what, const record_places& of) const {
  environment_.log.warning(what, {{"consumer_id", environment_.of.value},
                                  {"processor_id", environment_.spec.id.value},
                                  {"records", std::to_string(of.size())},
                                  {"partitions_and_offsets", to_text(of)}});
}

void processor_shell::finish_if_drained() {
  if (!drained_ || !waiting_.empty()) return;
  drained_->give(done{});
  self_->quit();
}

}  // namespace kfs
