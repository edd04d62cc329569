#include "actors/kafka/rdkafka_consumer.hpp"

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <string_view>
#include <utility>

#include "actors/kafka/rdkafka_errors.hpp"
#include "actors/kafka/rdkafka_statistics.hpp"

namespace kfs {
namespace {

/// Whether the group has accepted the client since it was created, also when it has left since. Read from the
/// generation in the serialized metadata of the group (librdkafka 1.6 to 2.2), because no function returns it.
bool was_accepted(rd_kafka_t* client) {
  constexpr std::string_view magic = "CGMDv2:";
  auto* metadata = rd_kafka_consumer_group_metadata(client);
  if (metadata == nullptr) return false;
  void* bytes = nullptr;
  std::size_t size = 0;
  const error_ptr failed(rd_kafka_consumer_group_metadata_write(metadata, &bytes, &size));
  rd_kafka_consumer_group_metadata_destroy(metadata);
  std::int32_t generation = -1;
  if (!failed && size >= magic.size() + sizeof generation && std::memcmp(bytes, magic.data(), magic.size()) == 0)
    std::memcpy(&generation, static_cast<const char*>(bytes) + magic.size(), sizeof generation);
  if (bytes != nullptr) rd_kafka_mem_free(client, bytes);
  return generation >= 0;
}

}  // namespace

rdkafka_consumer::rdkafka_consumer(std::shared_ptr<rdkafka_handle> handle, const consumer_spec& spec,
                                   const consumer_options& options, int instance, blocking_calls& blocking)
    : handle_(std::move(handle)),
      bootstrap_servers_(spec.bootstrap_servers()),
      explicit_partitions_(options.partitions),
      alarm_(std::make_unique<alarm>()),
      faults_(*handle_, bootstrap_servers_, events_),
      reader_(handle_, faults_, events_),
      assignment_(*handle_, reader_, faults_, events_),
      commits_(*handle_, bootstrap_servers_, mark_of(spec, instance), events_),
      group_offsets_(blocking, handle_, spec.consumer_group, bootstrap_servers_, mark_of(spec, instance),
                     alarm_->ringer()),
      log_ends_(blocking, handle_, bootstrap_servers_, alarm_->ringer()) {
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
  handle_->known_topic.reset(rd_kafka_topic_new(handle_->client, handle_->topic.c_str(), nullptr));
  // librdkafka signals only when an empty queue receives something, and this queue may already hold something.
  ring(handle_->client, alarm_.get());
  if (!explicit_partitions_.empty()) {
    events_.emplace_back(partitions_assigned{explicit_partitions_});
    return {};
  }
  const partitions_ptr topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), handle_->topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto code = rd_kafka_subscribe(handle_->client, topics.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR)
    return tl::make_unexpected(
        to_error(code, {}, {.action = "subscribe to topic \"" + handle_->topic + "\"", .brokers = bootstrap_servers_}));
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
  const auto before = events_.size();
  auto outcome = reader_.read(limits);
  for (auto i = before; i < events_.size(); ++i) {
    if (const auto* restarted = std::get_if<log_restarted>(&events_[i])) assignment_.release({restarted->partition});
  }
  assignment_.take_places();
  group_offsets_.take(events_);
  handle_->source = group_offsets_.source();
  log_ends_.take(events_);
  advance_closing();
  outcome.events = std::exchange(events_, {});
  return outcome;
}

std::size_t rdkafka_consumer::queued() const {
  return rd_kafka_queue_length(handle_->queue);
}

void rdkafka_consumer::on_statistics(std::string_view document) {
  const auto sample = read_statistics(document, explicit_partitions_.empty());
  if (!sample) return;
  broker_up_ = sample->broker_up;
  events_.emplace_back(*sample);
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
    events_.emplace_back(partitions_revoked{.partitions = assignment_.partitions(), .lost = false});
    return;
  }
  rd_kafka_unsubscribe(handle_->client);
  // The group may have accepted the client since may_leave() was asked.
  if (aborts_without_assignment() && !assignment_.received_once()) accepted_in_vain_ = was_accepted(handle_->client);
}

/// A static member that closes without having unsubscribed sends no LeaveGroup request (KIP-345).
void rdkafka_consumer::hand_on() {
  if (!explicit_partitions_.empty() || (aborts_without_assignment() && !assignment_.received_once())) return leave();
  hands_on_ = true;
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

/// Every answer to a metadata request names the cluster, and the client joins only after such an answer. Without a
/// time to wait, librdkafka tells what it knows already.
bool rdkafka_consumer::never_answered() const {
  if (std::chrono::steady_clock::now() - made_at_ < first_answer_bound) return false;
  char* cluster = rd_kafka_clusterid(handle_->client, 0);
  if (cluster == nullptr) return true;
  rd_kafka_mem_free(handle_->client, cluster);
  return false;
}

bool rdkafka_consumer::may_leave() const {
  if (!explicit_partitions_.empty() || assignment_.received_once()) return true;
  if (closing_ == closing::begun) return false;  // is_member() must not be asked any more
  return (broker_up_ == false || faults_.cannot_join() || never_answered()) && !is_member();
}

bool rdkafka_consumer::aborts_without_assignment() {
  constexpr int mended = 0x02030000;
  return rd_kafka_version() < mended;
}

bool rdkafka_consumer::destroyable() const {
  if (accepted_in_vain_ && !assignment_.received_once()) return false;
  return closing_ == closing::ended || may_leave();
}

bool rdkafka_consumer::finished() const {
  const bool is_leaving = closing_ == closing::wanted && !hands_on_ && explicit_partitions_.empty() && is_member();
  return destroyable() && (!is_leaving || was_replaced());
}

/// Another client has joined the group with the same static member id (KIP-345). librdkafka 2.8 keeps its own member id
/// then.
bool rdkafka_consumer::was_replaced() const {
  return rd_kafka_fatal_error(handle_->client, nullptr, 0) == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
}

/// Polls and gives every partition back until `done`. False when that takes too long.
bool rdkafka_consumer::poll_until(const std::function<bool()>& done, const std::stop_token& hurry,
                                  const std::chrono::steady_clock::time_point& deadline) {
  constexpr std::chrono::milliseconds between_polls{50};
  std::mutex mutex;
  std::condition_variable_any hurried;
  while (!hurry.stop_requested() && std::chrono::steady_clock::now() < deadline) {
    for (const auto& event : poll({}).events) {
      if (const auto* revoked = std::get_if<partitions_revoked>(&event)) release(revoked->partitions);
    }
    if (done()) return true;
    std::unique_lock lock(mutex);
    hurried.wait_for(lock, hurry, between_polls, [] { return false; });
  }
  return false;
}

bool rdkafka_consumer::join(const std::stop_token& hurry) {
  silence();
  return poll_until([this] { return assignment_.received_once(); }, hurry,
                    std::chrono::steady_clock::now() + joining_bound);
}

bool rdkafka_consumer::end(const std::stop_token& hurry) {
  silence();
  const auto has_left = [&] {
    if (closing_ == closing::no && may_leave()) {
      leave();
      close();
    }
    return closing_ == closing::ended || (was_replaced() && destroyable());
  };
  static_cast<void>(poll_until(has_left, hurry, std::chrono::steady_clock::now() + joining_bound));
  if (destroyable()) return true;
  // Leaks the client on purpose: destroying it now could abort the process.
  static_cast<void>(new std::shared_ptr<rdkafka_handle>(handle_));
  return false;
}

/// Closing begins once the last partition is released and the client has left the group.
/// Not to be asked once the client closes: the question for its member id would then never return.
bool rdkafka_consumer::may_close() const {
  if (hands_on_) return true;
  return assignment_.partitions().empty() && (!explicit_partitions_.empty() || !is_member());
}

void rdkafka_consumer::advance_closing() {
  if (closing_ == closing::wanted && may_close()) {
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
