#include "actors/kafka/rdkafka_consumer.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstring>
#include <mutex>
#include <utility>

#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_statistics.hpp"

namespace kfs {
namespace {

partitions_ptr list_of(const std::string& topic, const std::vector<partition_number>& partitions) {
  partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  return list;
}

std::vector<partition_number> partitions_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<partition_number> partitions;
  for (int i = 0; i < list.cnt; ++i) partitions.push_back(list.elems[i].partition);
  return partitions;
}

}  // namespace

rdkafka_consumer::rdkafka_consumer(std::shared_ptr<rdkafka_handle> handle, const consumer_spec& spec,
                                   const consumer_options& options, int instance, blocking_calls& blocking)
    : handle_(std::move(handle)),
      bootstrap_servers_(spec.bootstrap_servers()),
      mark_(mark_of(spec, instance)),
      explicit_partitions_(options.partitions),
      alarm_(std::make_unique<alarm>()),
      group_offsets_(blocking, handle_, spec.consumer_group, bootstrap_servers_, mark_, alarm_->ringer()),
      log_ends_(blocking, handle_, bootstrap_servers_, alarm_->ringer()),
      building_(handle_) {
  handle_->owner = this;
}

rdkafka_consumer::~rdkafka_consumer() {
  silence();
  if (held_ != nullptr) rd_kafka_message_destroy(held_);
}

result<void> rdkafka_consumer::start(std::function<void()> waker) {
  rd_kafka_poll_set_consumer(handle_->client);
  handle_->queue = rd_kafka_queue_get_consumer(handle_->client);
  alarm_->ring = std::move(waker);
  rd_kafka_queue_cb_event_enable(handle_->queue, ring, alarm_.get());
  handle_->known_topic.reset(rd_kafka_topic_new(handle_->client, handle_->topic.c_str(), nullptr));
  // librdkafka signals only when an empty queue receives something, and this queue may already hold something.
  ring(handle_->client, alarm_.get());
  if (!explicit_partitions_.empty()) {
    events_.emplace_back(partitions_assigned{explicit_partitions_});
    return {};
  }
  const auto topics = list_of(handle_->topic, {RD_KAFKA_PARTITION_UA});
  if (const auto code = rd_kafka_subscribe(handle_->client, topics.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::make_unexpected(
        to_error(code, {}, {.what = "subscribe to topic \"" + handle_->topic + "\"", .brokers = bootstrap_servers_}));
  return {};
}

void rdkafka_consumer::ring(rd_kafka_t*, void* opaque) {
  static_cast<alarm*>(opaque)->sound();
}

void rdkafka_consumer::silence() {
  if (handle_->queue != nullptr) rd_kafka_queue_cb_event_enable(handle_->queue, nullptr, nullptr);
  group_offsets_.silence();
  log_ends_.silence();
}

// Polling ------------------------------------------------------------------------------------------------------------

poll_outcome rdkafka_consumer::poll(const batch_options& limits) {
  alarm_->rung.store(false);
  poll_outcome outcome;
  interrupted_ = false;
  while (!interrupted_ && !building_.full(limits)) {
    auto* message = held_ != nullptr ? std::exchange(held_, nullptr) : rd_kafka_consumer_poll(handle_->client, 0);
    if (message == nullptr) break;
    take(*message);
  }
  outcome.more = interrupted_ || building_.full(limits);
  outcome.records = building_.take();
  group_offsets_.take(events_);
  handle_->source = group_offsets_.source();
  log_ends_.take(events_);
  advance_closing();
  outcome.events = std::exchange(events_, {});
  return outcome;
}

void rdkafka_consumer::take(rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR_NO_ERROR && !muted(message.partition)) {
    if (report_if_log_restarted(message.partition, message.offset)) {
      held_ = &message;
      return;
    }
    next_[static_cast<std::size_t>(message.partition)] = message.offset + 1;
    building_.add(message);
    return;
  }
  if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) on_message_error(message);
  rd_kafka_message_destroy(&message);
}

/// An offset below the expected one means that the broker called the expected offset out of range and librdkafka reset
/// the position (log truncation in KIP-320). The current poll returns only the records from before the reset.
bool rdkafka_consumer::report_if_log_restarted(partition_number partition, std::int64_t position) {
  auto& next = next_[static_cast<std::size_t>(partition)];
  if (position >= next) return false;
  events_.emplace_back(log_restarted{partition, offset{next}, offset{position}});
  next = position;
  interrupted_ = true;
  return true;
}

std::size_t rdkafka_consumer::queued() const {
  return rd_kafka_queue_length(handle_->queue);
}

void rdkafka_consumer::on_message_error(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (muted(message.partition)) return;
    report_if_log_restarted(message.partition, message.offset);
    events_.emplace_back(partition_end{message.partition, offset{message.offset}});
    return;
  }
  report(message.err, rd_kafka_message_errstr(&message));
  if (message.partition >= 0) std::get<kafka_fault>(events_.back()).partition = message.partition;
}

void rdkafka_consumer::on_rebalance(rd_kafka_resp_err_t kind, rd_kafka_topic_partition_list_t* partitions) {
  interrupted_ = true;  // all records of this poll were read before the rebalance
  if (kind == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    assigned_once_ = true;
    // Confirms the assignment at once with no partitions, so that the group never waits for a sink. accept() adds the
    // partitions to read.
    const error_ptr failed(rd_kafka_incremental_assign(handle_->client, list_of(handle_->topic, {}).get()));
    if (failed) report(rd_kafka_error_code(failed.get()), rd_kafka_error_string(failed.get()));
    events_.emplace_back(partitions_assigned{partitions_of(*partitions)});
  } else if (kind == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    events_.emplace_back(partitions_revoked{.partitions = partitions_of(*partitions),
                                            .lost = rd_kafka_assignment_lost(handle_->client) != 0});
  } else {
    report(kind, {});
    rd_kafka_assign(handle_->client, nullptr);
  }
}

void rdkafka_consumer::on_commit(rd_kafka_resp_err_t code, const rd_kafka_topic_partition_list_t* offsets) {
  commit_finished finished;
  for (int i = 0; i < offsets->cnt; ++i) {
    const auto& entry = offsets->elems[i];
    finished.offsets.push_back({entry.partition, offset{entry.offset}});
    if (code == RD_KAFKA_RESP_ERR_NO_ERROR) code = entry.err;
  }
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
    finished.failed = to_error(code, {}, {.what = "commit offsets", .brokers = bootstrap_servers_});
  events_.emplace_back(std::move(finished));
}

void rdkafka_consumer::on_error(rd_kafka_resp_err_t code, std::string_view reason) {
  // "All brokers are down" only repeats the errors of the single connections.
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  if (code != RD_KAFKA_RESP_ERR__FATAL) {
    report(code, reason);
    return;
  }
  cannot_join_ = true;
  std::array<char, 512> fatal_reason{};
  const auto fatal = rd_kafka_fatal_error(handle_->client, fatal_reason.data(), fatal_reason.size());
  const kafka_attempt tried{.what = "go on consuming", .brokers = bootstrap_servers_};
  events_.emplace_back(kafka_fault{to_error(fatal, fatal_reason.data(), tried), true});
}

void rdkafka_consumer::report(rd_kafka_resp_err_t code, std::string_view reason) {
  const auto refusal = handle_->guard.last_refusal();
  const auto kind = code_of(code);
  const bool connecting = kind == ec::broker_unreachable;
  cannot_join_ = cannot_join_ || kind == ec::topic_missing || kind == ec::authentication_failed ||
                 kind == ec::authorization_failed;
  events_.emplace_back(
      kafka_fault{to_error(code, refusal && connecting ? std::string_view(*refusal) : reason,
                           {.what = "read topic \"" + handle_->topic + "\"", .brokers = bootstrap_servers_}),
                  false});
}

void rdkafka_consumer::on_statistics(std::string_view document) {
  const auto sample = read_statistics(document, explicit_partitions_.empty());
  if (!sample) return;
  broker_up_ = sample->broker_up;
  events_.emplace_back(*sample);
}

// Assignment ---------------------------------------------------------------------------------------------------------

bool rdkafka_consumer::muted(partition_number partition) const {
  const auto index = static_cast<std::size_t>(partition);
  return index >= muted_.size() || muted_[index];
}

void rdkafka_consumer::set_muted(const std::vector<partition_number>& partitions, bool value) {
  for (const auto partition : partitions) {
    const auto index = static_cast<std::size_t>(partition);
    if (index >= muted_.size()) {
      muted_.resize(index + 1, true);
      next_.resize(index + 1, 0);
    }
    muted_[index] = value;
  }
}

void rdkafka_consumer::mute(const std::vector<partition_number>& partitions) {
  set_muted(partitions, true);
}

void rdkafka_consumer::locate(std::uint64_t round, const std::vector<partition_number>& partitions) {
  group_offsets_.ask(round, partitions);
}

void rdkafka_consumer::accept(const std::vector<partition_start>& starts) {
  std::vector<partition_number> partitions;
  for (const auto& entry : starts) partitions.push_back(entry.partition);
  set_muted(partitions, false);
  assigned_.insert(assigned_.end(), partitions.begin(), partitions.end());
  const auto list = list_of(handle_->topic, partitions);
  for (std::size_t i = 0; i < starts.size(); ++i) {
    const auto lowest = starts[i].start ? starts[i].start : starts[i].stale;
    next_[static_cast<std::size_t>(starts[i].partition)] = lowest ? lowest->value : 0;
    if (starts[i].start) {
      list->elems[i].offset = starts[i].start->value;
    } else if (starts[i].from_beginning) {
      list->elems[i].offset = RD_KAFKA_OFFSET_BEGINNING;
    }
  }
  const error_ptr failed(rd_kafka_incremental_assign(handle_->client, list.get()));
  if (failed) report(rd_kafka_error_code(failed.get()), rd_kafka_error_string(failed.get()));
}

void rdkafka_consumer::release(const std::vector<partition_number>& partitions) {
  set_muted(partitions, true);
  std::vector<partition_number> read;
  std::ranges::copy_if(partitions, std::back_inserter(read), [this](partition_number partition) {
    return std::ranges::find(assigned_, partition) != assigned_.end();
  });
  std::erase_if(assigned_,
                [&](partition_number partition) { return std::ranges::find(read, partition) != read.end(); });
  // In librdkafka a partition stays paused beyond its assignment, so it would still be paused when it is assigned
  // again.
  if (paused_) rd_kafka_resume_partitions(handle_->client, list_of(handle_->topic, read).get());
  const error_ptr failed(rd_kafka_incremental_unassign(handle_->client, list_of(handle_->topic, read).get()));
  if (failed) report(rd_kafka_error_code(failed.get()), rd_kafka_error_string(failed.get()));
}

void rdkafka_consumer::pause() {
  paused_ = true;
  const auto list = list_of(handle_->topic, assigned_);
  if (const auto code = rd_kafka_pause_partitions(handle_->client, list.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    report(code, {});
}

void rdkafka_consumer::resume() {
  paused_ = false;
  const auto list = list_of(handle_->topic, assigned_);
  if (const auto code = rd_kafka_resume_partitions(handle_->client, list.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    report(code, {});
}

void rdkafka_consumer::commit(const std::vector<partition_offset>& offsets) {
  const partitions_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, position] : offsets) {
    auto& entry = *rd_kafka_topic_partition_list_add(list.get(), handle_->topic.c_str(), partition);
    entry.offset = position.value;
    entry.metadata = ::strndup(mark_.data(), mark_.size());  // freed with the list
    entry.metadata_size = mark_.size();
  }
  const auto code = rd_kafka_commit(handle_->client, list.get(), 1);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) on_commit(code, list.get());
}

std::optional<offset> rdkafka_consumer::log_end(partition_number partition) const {
  std::int64_t low = RD_KAFKA_OFFSET_INVALID;
  std::int64_t high = RD_KAFKA_OFFSET_INVALID;
  rd_kafka_get_watermark_offsets(handle_->client, handle_->topic.c_str(), partition, &low, &high);
  if (high < 0) return std::nullopt;
  return offset{high};
}

// Ending -------------------------------------------------------------------------------------------------------------

/// A static member leaves its group only by unsubscribing. With close() alone it remains a member until its session
/// ends.
void rdkafka_consumer::leave() {
  if (!explicit_partitions_.empty()) {
    events_.emplace_back(partitions_revoked{.partitions = assigned_, .lost = false});
  } else {
    rd_kafka_unsubscribe(handle_->client);
  }
}

void rdkafka_consumer::close() {
  if (closing_ == closing::no) closing_ = closing::wanted;
}

/// librdkafka clears the member id when it has left the group. A static member that closes earlier never leaves.
bool rdkafka_consumer::is_member() const {
  char* member_id = rd_kafka_memberid(handle_->client);
  const bool has_id = member_id != nullptr && *member_id != '\0';
  if (member_id != nullptr) rd_kafka_mem_free(handle_->client, member_id);
  return has_id;
}

bool rdkafka_consumer::may_leave() const {
  if (!explicit_partitions_.empty() || assigned_once_) return true;
  return (broker_up_ == false || cannot_join_) && !is_member();
}

bool rdkafka_consumer::destroyable() const {
  return closing_ == closing::ended || may_leave();
}

bool rdkafka_consumer::end(const std::stop_token& hurry) {
  constexpr std::chrono::milliseconds between_polls{50};
  constexpr std::chrono::seconds leaving_bound{5};
  silence();
  auto deadline = std::chrono::steady_clock::now() + joining_bound;
  std::mutex mutex;
  std::condition_variable_any hurried;
  while (closing_ != closing::ended && !hurry.stop_requested() && std::chrono::steady_clock::now() < deadline) {
    for (const auto& event : poll({}).events) {
      if (const auto* revoked = std::get_if<partitions_revoked>(&event)) release(revoked->partitions);
    }
    if (closing_ == closing::no && may_leave()) {
      deadline = std::chrono::steady_clock::now() + leaving_bound;
      leave();
      close();
    }
    std::unique_lock lock(mutex);
    hurried.wait_for(lock, hurry, between_polls, [] { return false; });
  }
  if (destroyable()) return true;
  // Leaks the client on purpose: destroying it now could abort the process.
  static_cast<void>(new std::shared_ptr<rdkafka_handle>(handle_));
  return false;
}

/// Closing begins once the last partition is released and the client has left the group.
void rdkafka_consumer::advance_closing() {
  if (closing_ == closing::wanted && assigned_.empty() && (!explicit_partitions_.empty() || !is_member())) {
    const error_ptr failed(rd_kafka_consumer_close_queue(handle_->client, handle_->queue));
    closing_ = failed ? closing::ended : closing::begun;
    if (failed) events_.emplace_back(client_closed{});
  }
  if (closing_ == closing::begun && rd_kafka_consumer_closed(handle_->client) != 0) {
    closing_ = closing::ended;
    silence();
    events_.emplace_back(client_closed{});
  }
}

}  // namespace kfs
