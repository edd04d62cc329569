#include "actors/processor/shell.hpp"

#include <exception>
#include <iterator>
#include <utility>

namespace kfs {
namespace {

/// Shows the consumer, which watches the gauge, that a call of the sink is running.
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
      attempts_(environment_,
                [this](processor_report report) {
                  self_->send(environment_.consumer, observed_atom::value, std::move(report));
                }),
      rejections_(environment_),
      proof_(
          {.known = [this] { return environment_.ledger->accepted_version(environment_.spec.id); },
           .remember =
               [this](const std::string& version) { environment_.ledger->accepted(environment_.spec.id, version); }}),
      letters_(environment_, [this](outgoing_record_ptr letter, dead_letter_post::outcome_function answered) {
        self_->request(environment_.letters, caf::infinite, deliver_atom::value, std::move(letter))
            .then([answered](done) { answered(std::nullopt); },
                  [answered](const caf::error& reason) { answered(from_caf(reason)); });
      }) {}

/// A sink must not throw. If one throws nevertheless, the process must not end because of it.
processor_shell::~processor_shell() {
  try {
    if (const auto closed = environment_.sink->close(); !closed) attempts_.warn("closing failed", closed.error());
  } catch (const std::exception& thrown) {
    attempts_.warn("closing failed", {ec::internal, std::string("an unexpected exception: ") + thrown.what()});
  }
}

void processor_shell::deliver(batch_ptr records, owed_answer<done> answer) {
  task added{.delivery = std::make_shared<batch_delivery>(std::move(records))};
  added.delivered.push_back(std::move(answer));
  add(std::move(added));
}

void processor_shell::locate(record_source_ptr source, partition_numbers partitions,
                             owed_answer<sink_positions> answer) {
  add({.work = [this, source = std::move(source), partitions = std::move(partitions),
                answer = std::move(answer)]() -> result<progress> {
    auto found = environment_.sink->positions(*source, *partitions);
    if (!found) return tl::make_unexpected(std::move(found).error());
    answer.give(std::make_shared<const std::vector<std::optional<stored_position>>>(std::move(*found)));
    return progress::done;
  }});
}

void processor_shell::start_at(record_source_ptr source, sink_starts starts, owed_answer<done> answer) {
  add({.work = [this, source = std::move(source), starts = std::move(starts),
                answer = std::move(answer)]() -> result<progress> {
    if (const auto started = environment_.sink->start_at(*source, *starts); !started)
      return tl::make_unexpected(started.error());
    for (const auto& start : *starts)
      environment_.ledger->passed(environment_.spec.id, start.partition, start.position);
    answer.give(done{});
    return progress::done;
  }});
}

void processor_shell::prove_ready(owed_answer<done> answer) {
  add({.work = [answer = std::move(answer)]() -> result<progress> {
    answer.give(done{});
    return progress::done;
  }});
}

void processor_shell::retry() {
  if (mode_ != mode::backing_off) return;
  mode_ = mode::working;
  environment_.measured->retried(environment_.spec.id);
  work();
}

void processor_shell::drain(owed_answer<done> answer) {
  drained_ = std::move(answer);
  finish_if_drained();
}

/// A batch that arrives may prove that a rejected record in front of it is at fault, so it ends the back-off.
void processor_shell::add(task added) {
  const bool awaited =
      added.delivery && !waiting_.empty() && waiting_.front().delivery && waiting_.front().delivery->tries_all;
  waiting_.push_back(std::move(added));
  if (awaited) return retry();
  if (mode_ == mode::working) work();
}

/// A processor that was given up has been replaced by the time its sink returns, so it begins nothing more.
void processor_shell::work() {
  while (!waiting_.empty()) {
    if (given_up()) return;
    const auto outcome = attempt(waiting_.front());
    if (!outcome) return failed(outcome.error());
    if (*outcome != progress::done) return;
    attempts_.succeeded(self_->clock().now());
    waiting_.pop_front();
  }
  finish_if_drained();
}

result<processor_shell::progress> processor_shell::attempt(task& next) {
  const in_sink shown(*environment_.gauge, self_->clock().now());
  if (!open_) {
    if (const auto opened = environment_.sink->open(); !opened) return tl::make_unexpected(opened.error());
    open_ = true;
  }
  return next.delivery ? advance(next) : next.work();
}

/// Every round ends, leaves out at least one more record, tries more records at once, or adds a batch.
result<processor_shell::progress> processor_shell::advance(task& current) {
  const auto delivery = current.delivery;
  while (true) {
    if (!delivery->letters.empty()) {
      post(delivery);
      return progress::posting;
    }
    if (given_up()) return progress::stopped;
    if (delivery->retry_reason) return tl::make_unexpected(*std::exchange(delivery->retry_reason, std::nullopt));
    const bool tried_all = delivery->tries_all;
    const auto rejected = write(*delivery);
    if (!rejected) return tl::make_unexpected(rejected.error());
    if (rejected->empty()) break;
    const bool proven = proof_.holds();
    const auto stop_reason = rejections_.handle(*delivery, *rejected, proven, now());
    if (!stop_reason) return tl::make_unexpected(stop_reason.error());
    if (*stop_reason) {
      mode_ = mode::stopped;
      attempts_.stopped(**stop_reason);
      return progress::stopped;
    }
    if (proven && !delivery->retry_reason) proof_.gave_up(rejected->size());
    if (delivery->tries_all && (!tried_all || join_next())) delivery->retry_reason.reset();
  }
  for (const auto& range : delivery->whole()->ranges())
    environment_.ledger->passed(environment_.spec.id, range.partition, range.next);
  for (const auto& answer : current.delivered) answer.give(done{});
  return progress::done;
}

/// Adds the next batch to the one in front, if it has arrived.
bool processor_shell::join_next() {
  auto& front = waiting_.front();
  const auto next = std::next(waiting_.begin());
  if (next == waiting_.end() || !next->delivery) return false;
  front.delivery->join(next->delivery->whole());
  for (auto& answer : next->delivered) front.delivered.push_back(std::move(answer));
  waiting_.erase(next);
  return true;
}

result<rejections> processor_shell::write(batch_delivery& delivery) {
  const auto& records = delivery.remaining();
  const auto begun = std::chrono::steady_clock::now();
  auto rejected = delivery.tries_all ? environment_.sink->try_all(records) : environment_.sink->write(records);
  const auto count = rejected ? rejected->size() : 0;
  if (rejected) accepted_ += records.records().size() - count;
  proof_.saw(environment_.sink->evidence().value_or(destination_evidence{.accepted = accepted_}), count);
  if (rejected && rejected->empty()) {
    environment_.measured->written(environment_.spec.id, records.records().size(),
                                   std::chrono::steady_clock::now() - begun);
  }
  return rejected;
}

/// Dead letters that could not be produced are posted again after a back-off.
void processor_shell::post(const batch_delivery_ptr& delivery) {
  mode_ = mode::posting;
  letters_.post(delivery, [this](const std::optional<error>& reason) {
    mode_ = mode::working;
    if (reason) return failed(*reason);
    work();
  });
}

/// The failed task stays in front and is tried again when the back-off ends.
void processor_shell::failed(const error& reason) {
  mode_ = mode::backing_off;
  self_->delayed_send(self_, attempts_.failed(reason, self_->clock().now()), retry_atom::value);
}

void processor_shell::finish_if_drained() {
  if (!drained_ || !waiting_.empty()) return;
  drained_->give(done{});
  self_->quit();
}

}  // namespace kfs
