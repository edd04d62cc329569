#include "actors/kafka/rdkafka_consumer.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "actors/kafka/rdkafka_clients.hpp"
#include "actors/kafka/rdkafka_conf.hpp"
#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_statistics.hpp"

namespace kfs {
namespace {

struct list_deleter {
  void operator()(rd_kafka_topic_partition_list_t* list) const noexcept { rd_kafka_topic_partition_list_destroy(list); }
};
using list_ptr = std::unique_ptr<rd_kafka_topic_partition_list_t, list_deleter>;

struct error_deleter {
  void operator()(rd_kafka_error_t* what) const noexcept { rd_kafka_error_destroy(what); }
};
using error_ptr = std::unique_ptr<rd_kafka_error_t, error_deleter>;

list_ptr list_of(const std::string& topic, const std::vector<partition_number>& partitions) {
  list_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(partitions.size())));
  for (const auto partition : partitions) rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), partition);
  return list;
}

std::vector<partition_number> partitions_of(const rd_kafka_topic_partition_list_t& list) {
  std::vector<partition_number> partitions;
  for (int i = 0; i < list.cnt; ++i) partitions.push_back(list.elems[i].partition);
  return partitions;
}

rdkafka_handle& handle_of(void* opaque) {
  return *static_cast<rdkafka_handle*>(static_cast<client_opaque*>(opaque)->owner);
}

rdkafka_consumer& owner_of(void* opaque) {
  return *handle_of(opaque).owner;
}

void rebalance_callback(rd_kafka_t*, rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions,
                        void* opaque) {
  owner_of(opaque).on_rebalance(what, partitions);
}

void commit_callback(rd_kafka_t*, rd_kafka_resp_err_t how, rd_kafka_topic_partition_list_t* offsets, void* opaque) {
  if (offsets != nullptr) owner_of(opaque).on_commit(how, offsets);
}

void error_callback(rd_kafka_t*, int code, const char* reason, void* opaque) {
  owner_of(opaque).on_error(static_cast<rd_kafka_resp_err_t>(code), reason == nullptr ? "" : reason);
}

int statistics_callback(rd_kafka_t*, char* document, std::size_t length, void* opaque) {
  owner_of(opaque).on_statistics({document, length});
  return 0;  // librdkafka frees the document
}

/// Runs in the client's own threads. What matters of it comes as an error event too, so this is for debugging.
void log_callback(const rd_kafka_t* client, int, const char* facility, const char* message) {
  handle_of(rd_kafka_opaque(client)).messages.debug(message, {{"librdkafka", facility}});
}

class rdkafka_batch final : public batch {
 public:
  explicit rdkafka_batch(std::shared_ptr<rdkafka_handle> handle) : handle_(std::move(handle)) {
    topic_ = handle_->topic;
  }
  ~rdkafka_batch() override {
    for (const auto& one : records_) rd_kafka_message_destroy(static_cast<rd_kafka_message_t*>(one.native));
  }
  rdkafka_batch(const rdkafka_batch&) = delete;
  rdkafka_batch& operator=(const rdkafka_batch&) = delete;

  std::vector<record>& editable_records() { return records_; }
  std::vector<batch_range>& editable_ranges() { return ranges_; }
  std::size_t& editable_bytes() { return bytes_; }

 private:
  std::shared_ptr<rdkafka_handle> handle_;
};

record view_of(rd_kafka_message_t& message) {
  rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
  const auto stamp = rd_kafka_message_timestamp(&message, &kind);
  return {.partition = message.partition,
          .position = offset{message.offset},
          .timestamp_ms = kind == RD_KAFKA_TIMESTAMP_NOT_AVAILABLE ? -1 : stamp,
          .key = {static_cast<const char*>(message.key), message.key_len},
          .value = {static_cast<const char*>(message.payload), message.len},
          .has_key = message.key != nullptr,
          .has_value = message.payload != nullptr,
          .native = &message};
}

class rdkafka_clients final : public kafka_clients {
 public:
  rdkafka_clients(const address_policy& policy, logger log) : policy_(policy), log_(std::move(log)) {}

  result<std::unique_ptr<kafka_consumer>> make_consumer(const consumer_spec& spec,
                                                        const consumer_options& options) override {
    auto conf = make_consumer_conf(spec, options);
    if (!conf) return tl::make_unexpected(conf.error());
    // Destroying a client may wait, so it is done elsewhere, whoever lets go of it last.
    const std::shared_ptr<rdkafka_handle> handle(
        new rdkafka_handle(policy_, log_, spec.topic),
        [this](rdkafka_handle* last) { departures_.see_off([last] { delete last; }); });
    handle->opaque = {.guard = &handle->guard, .owner = handle.get()};
    guard_connections(conf->get(), handle->opaque);
    rd_kafka_conf_set_rebalance_cb(conf->get(), rebalance_callback);
    rd_kafka_conf_set_offset_commit_cb(conf->get(), commit_callback);
    rd_kafka_conf_set_error_cb(conf->get(), error_callback);
    rd_kafka_conf_set_stats_cb(conf->get(), statistics_callback);
    rd_kafka_conf_set_log_cb(conf->get(), log_callback);
    auto consumer = std::make_unique<rdkafka_consumer>(handle, spec, options);
    std::array<char, 512> reason{};
    handle->client = rd_kafka_new(RD_KAFKA_CONSUMER, conf->get(), reason.data(), reason.size());
    if (handle->client == nullptr)
      return failure(ec::invalid_request, "the Kafka client cannot be made: " + std::string(reason.data()));
    conf->release();  // the client owns it now
    return consumer;
  }

 private:
  const address_policy& policy_;
  const logger log_;
  departures departures_;
};

}  // namespace

rdkafka_handle::~rdkafka_handle() {
  if (queue != nullptr) rd_kafka_queue_destroy(queue);
  // What is to be closed in good order has been: a crashed consumer must not leave its group as if it were stopped.
  if (client != nullptr) rd_kafka_destroy_flags(client, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

rdkafka_consumer::rdkafka_consumer(std::shared_ptr<rdkafka_handle> handle, const consumer_spec& spec,
                                   const consumer_options& options)
    : handle_(std::move(handle)),
      bootstrap_servers_(spec.bootstrap_servers()),
      explicit_partitions_(options.partitions),
      alarm_(std::make_unique<alarm>()) {
  handle_->owner = this;
}

rdkafka_consumer::~rdkafka_consumer() {
  silence();
}

result<void> rdkafka_consumer::start(std::function<void()> waker) {
  rd_kafka_poll_set_consumer(handle_->client);
  handle_->queue = rd_kafka_queue_get_consumer(handle_->client);
  alarm_->ring = std::move(waker);
  rd_kafka_queue_cb_event_enable(handle_->queue, ring, alarm_.get());
  if (!explicit_partitions_.empty()) {
    events_.emplace_back(partitions_assigned{explicit_partitions_});
    ring(handle_->client, alarm_.get());
    return {};
  }
  const auto topics = list_of(handle_->topic, {RD_KAFKA_PARTITION_UA});
  if (const auto code = rd_kafka_subscribe(handle_->client, topics.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::make_unexpected(
        to_error(code, {}, {.what = "subscribe to topic \"" + handle_->topic + "\"", .brokers = bootstrap_servers_}));
  return {};
}

void rdkafka_consumer::ring(rd_kafka_t*, void* opaque) {
  auto& bell = *static_cast<alarm*>(opaque);
  if (!bell.rung.exchange(true)) bell.ring();
}

void rdkafka_consumer::silence() {
  if (handle_->queue != nullptr) rd_kafka_queue_cb_event_enable(handle_->queue, nullptr, nullptr);
}

// Polling ------------------------------------------------------------------------------------------------------------

/// Collects messages into a batch, with one range a partition.
class rdkafka_consumer::building_batch {
 public:
  explicit building_batch(rdkafka_consumer& of) : of_(of) {}

  ~building_batch() {
    if (!made_) return;
    for (const auto& range : made_->ranges()) of_.range_of_partition_[static_cast<std::size_t>(range.partition)] = 0;
  }
  building_batch(const building_batch&) = delete;
  building_batch& operator=(const building_batch&) = delete;

  void add(rd_kafka_message_t& message) {
    if (!made_) {
      made_ = std::make_shared<rdkafka_batch>(of_.handle_);
      made_->editable_records().reserve(of_.expected_records_);
    }
    made_->editable_records().push_back(view_of(message));
    made_->editable_bytes() += message.len + message.key_len;
    extend_range(message.partition, message.offset);
  }

  [[nodiscard]] bool full(const batch_options& limits) const {
    return made_ && (made_->records().size() >= static_cast<std::size_t>(limits.max_messages) ||
                     made_->bytes() >= static_cast<std::size_t>(limits.max_bytes));
  }

  batch_ptr take() {
    if (made_) of_.expected_records_ = std::min<std::size_t>(made_->records().size() * 5 / 4 + 16, 100'000);
    return made_;
  }

 private:
  void extend_range(partition_number partition, std::int64_t position) {
    const auto index = static_cast<std::size_t>(partition);
    if (index >= of_.range_of_partition_.size()) of_.range_of_partition_.resize(index + 1, 0);
    auto& range = of_.range_of_partition_[index];
    if (range == 0) {
      made_->editable_ranges().push_back({partition, offset{position}, offset{position + 1}});
      range = made_->ranges().size();
    } else {
      made_->editable_ranges()[range - 1].next = offset{position + 1};
    }
  }

  rdkafka_consumer& of_;
  std::shared_ptr<rdkafka_batch> made_;
};

poll_outcome rdkafka_consumer::poll(const batch_options& limits) {
  alarm_->rung.store(false);
  poll_outcome outcome;
  building_batch building(*this);
  rebalanced_ = false;
  // A rebalance ends the poll, so that every record of it was fetched before.
  while (!rebalanced_ && !building.full(limits)) {
    auto* message = rd_kafka_consumer_poll(handle_->client, 0);
    if (message == nullptr) break;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && !muted(message->partition)) {
      building.add(*message);
      continue;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) on_message_error(*message);
    rd_kafka_message_destroy(message);
  }
  outcome.more = rebalanced_ || building.full(limits);
  outcome.records = building.take();
  advance_closing();
  outcome.events = std::exchange(events_, {});
  return outcome;
}

std::size_t rdkafka_consumer::queued() const { return rd_kafka_queue_length(handle_->queue); }

void rdkafka_consumer::on_message_error(const rd_kafka_message_t& message) {
  if (message.err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    if (!muted(message.partition)) events_.emplace_back(partition_end{message.partition, offset{message.offset}});
    return;
  }
  report(message.err, rd_kafka_message_errstr(&message));
}

void rdkafka_consumer::on_rebalance(rd_kafka_resp_err_t what, rd_kafka_topic_partition_list_t* partitions) {
  rebalanced_ = true;
  if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
    events_.emplace_back(partitions_assigned{partitions_of(*partitions)});
  } else if (what == RD_KAFKA_RESP_ERR__REVOKE_PARTITIONS) {
    events_.emplace_back(partitions_revoked{.partitions = partitions_of(*partitions),
                                            .lost = rd_kafka_assignment_lost(handle_->client) != 0});
  } else {
    report(what, {});
    rd_kafka_assign(handle_->client, nullptr);
  }
}

void rdkafka_consumer::on_commit(rd_kafka_resp_err_t how, const rd_kafka_topic_partition_list_t* offsets) {
  commit_finished finished;
  for (int i = 0; i < offsets->cnt; ++i) {
    const auto& one = offsets->elems[i];
    finished.offsets.push_back({one.partition, offset{one.offset}});
    if (how == RD_KAFKA_RESP_ERR_NO_ERROR) how = one.err;
  }
  if (how != RD_KAFKA_RESP_ERR_NO_ERROR)
    finished.failed = to_error(how, {}, {.what = "commit offsets", .brokers = bootstrap_servers_});
  events_.emplace_back(std::move(finished));
}

void rdkafka_consumer::on_error(rd_kafka_resp_err_t code, std::string_view reason) {
  // "All brokers are down" only repeats what the connections themselves have said.
  if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) return;
  if (code != RD_KAFKA_RESP_ERR__FATAL) {
    report(code, reason);
    return;
  }
  std::array<char, 512> why{};
  const auto fatal = rd_kafka_fatal_error(handle_->client, why.data(), why.size());
  events_.emplace_back(
      kafka_fault{to_error(fatal, why.data(), {.what = "go on consuming", .brokers = bootstrap_servers_}), true});
}

void rdkafka_consumer::report(rd_kafka_resp_err_t code, std::string_view reason) {
  const auto refusal = handle_->guard.last_refusal();
  const bool connecting = code_of(code) == ec::broker_unreachable;
  events_.emplace_back(
      kafka_fault{to_error(code, refusal && connecting ? std::string_view(*refusal) : reason,
                           {.what = "read topic \"" + handle_->topic + "\"", .brokers = bootstrap_servers_}),
                  false});
}

void rdkafka_consumer::on_statistics(std::string_view document) {
  if (const auto sample = read_statistics(document, explicit_partitions_.empty())) events_.emplace_back(*sample);
}

// Assignment ---------------------------------------------------------------------------------------------------------

bool rdkafka_consumer::muted(partition_number partition) const {
  const auto index = static_cast<std::size_t>(partition);
  return index < muted_.size() && muted_[index];
}

void rdkafka_consumer::set_muted(const std::vector<partition_number>& partitions, bool value) {
  for (const auto partition : partitions) {
    const auto index = static_cast<std::size_t>(partition);
    if (index >= muted_.size()) muted_.resize(index + 1, false);
    muted_[index] = value;
  }
}

void rdkafka_consumer::mute(const std::vector<partition_number>& partitions) {
  set_muted(partitions, true);
}

void rdkafka_consumer::accept(const std::vector<partition_number>& partitions) {
  set_muted(partitions, false);
  assigned_.insert(assigned_.end(), partitions.begin(), partitions.end());
  const auto list = list_of(handle_->topic, partitions);
  if (!explicit_partitions_.empty()) {
    if (const auto code = rd_kafka_assign(handle_->client, list.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
      report(code, {});
    return;
  }
  const error_ptr refused(rd_kafka_incremental_assign(handle_->client, list.get()));
  if (refused) report(rd_kafka_error_code(refused.get()), rd_kafka_error_string(refused.get()));
}

void rdkafka_consumer::release(const std::vector<partition_number>& partitions) {
  set_muted(partitions, true);
  std::erase_if(assigned_,
                [&](partition_number one) { return std::ranges::find(partitions, one) != partitions.end(); });
  if (!explicit_partitions_.empty()) {
    rd_kafka_assign(handle_->client, nullptr);
    return;
  }
  const auto list = list_of(handle_->topic, partitions);
  const error_ptr refused(rd_kafka_incremental_unassign(handle_->client, list.get()));
  if (refused) report(rd_kafka_error_code(refused.get()), rd_kafka_error_string(refused.get()));
}

void rdkafka_consumer::pause() {
  const auto list = list_of(handle_->topic, assigned_);
  if (const auto code = rd_kafka_pause_partitions(handle_->client, list.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    report(code, {});
}

void rdkafka_consumer::resume() {
  const auto list = list_of(handle_->topic, assigned_);
  if (const auto code = rd_kafka_resume_partitions(handle_->client, list.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    report(code, {});
}

void rdkafka_consumer::commit(const std::vector<partition_offset>& offsets) {
  const list_ptr list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, position] : offsets)
    rd_kafka_topic_partition_list_add(list.get(), handle_->topic.c_str(), partition)->offset = position.value;
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

/// A static member leaves its group only by unsubscribing: closing alone keeps its place until the session ends.
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

/// Closing begins when the last partition has been given back.
void rdkafka_consumer::advance_closing() {
  if (closing_ == closing::wanted && assigned_.empty()) {
    const error_ptr refused(rd_kafka_consumer_close_queue(handle_->client, handle_->queue));
    closing_ = refused ? closing::ended : closing::begun;
    if (refused) events_.emplace_back(client_closed{});
  }
  if (closing_ == closing::begun && rd_kafka_consumer_closed(handle_->client) != 0) {
    closing_ = closing::ended;
    silence();
    events_.emplace_back(client_closed{});
  }
}

std::unique_ptr<kafka_clients> make_rdkafka_clients(const address_policy& policy, logger log) {
  return std::make_unique<rdkafka_clients>(policy, std::move(log));
}

}  // namespace kfs
