#include "tests/unit/doubles/fake_kafka.hpp"

#include <algorithm>
#include <utility>

namespace kfs::test {

void fake_producer_script::acknowledge(std::uint64_t number) {
  outcomes.push_back({number, std::nullopt});
  wake();
}

void fake_producer_script::fail(std::uint64_t number, const error& reason) {
  outcomes.push_back({number, reason});
  wake();
}

std::string fake_producer_script::header(const std::string& key) const {
  const auto& headers = produced.back().headers;
  const auto found = std::ranges::find(headers, key, &outgoing_header::key);
  return found == headers.end() ? std::string() : found->value.value_or("");
}

void fake_client_script::bring(kafka_event event) {
  polls.push_back({.records = {}, .events = {std::move(event)}, .more = false});
}

void fake_client_script::bring(batch_ptr records) {
  polls.push_back({.records = std::move(records), .events = {}, .more = false});
}

namespace {

class fake_client final : public kafka_consumer {
 public:
  explicit fake_client(std::shared_ptr<fake_client_script> script) : script_(std::move(script)) {}
  ~fake_client() override { script_->destroyed = true; }
  fake_client(const fake_client&) = delete;
  fake_client& operator=(const fake_client&) = delete;

  result<void> start(std::function<void()> waker) override {
    script_->started = true;
    script_->wake = std::move(waker);
    if (!script_->polls.empty()) script_->wake();
    return {};
  }

  poll_outcome poll(const batch_options&) override {
    ++script_->polled;
    poll_outcome next;
    if (!answers_.empty()) {  // before the scripted polls: a partition is accepted before its records are read
      next.events = std::exchange(answers_, {});
    } else if (!script_->polls.empty()) {
      next = std::move(script_->polls.front());
      script_->polls.pop_front();
    }
    if (closing_ && script_->owned.empty() && script_->closes) {
      closing_ = false;
      next.events.emplace_back(client_closed{});
    }
    next.more = !script_->polls.empty();
    return next;
  }

  [[nodiscard]] std::size_t queued() const override { return script_->polls.size(); }
  void pause(const paused_partitions& paused) override { script_->paused = paused; }
  void locate(std::uint64_t round, const std::vector<partition_number>& partitions) override {
    script_->located.push_back({round, partitions});
    if (!script_->locates) return;
    partitions_located found{
        .round = round, .source = memory_source(), .partitions = {}, .failed = {}, .topic_id = script_->topic_id};
    for (const auto partition : partitions) {
      const auto known = script_->group.find(partition);
      found.partitions.push_back(known != script_->group.end() ? known->second : located_partition{partition, {}});
    }
    answers_.emplace_back(std::move(found));
    script_->wake();
  }
  void accept(const std::vector<partition_start>& starts) override {
    for (const auto& entry : starts) script_->owned.push_back(entry.partition);
    script_->accepted.insert(script_->accepted.end(), starts.begin(), starts.end());
  }
  void release(const std::vector<partition_number>& partitions) override {
    for (const auto partition : partitions) std::erase(script_->owned, partition);
    script_->released.insert(script_->released.end(), partitions.begin(), partitions.end());
  }
  void mute(const std::vector<partition_number>& partitions) override { script_->muted = partitions; }
  void name_log(partition_number partition, const std::string& log) override { script_->logs[partition] = log; }
  void commit(const std::vector<partition_offset>& offsets) override {
    script_->committed.push_back(offsets);
    if (script_->commits) answers_.emplace_back(commit_finished{offsets, std::nullopt});
  }
  [[nodiscard]] bool may_leave() const override { return script_->may_leave; }
  void leave() override {
    script_->left = true;
    hand_on();
  }
  void hand_on() override {
    if (!script_->owned.empty()) answers_.emplace_back(partitions_revoked{script_->owned, false});
  }
  void close() override { closing_ = true; }
  void ask_log_ends(const std::vector<partition_number>& partitions) override {
    script_->asked_ends.push_back(partitions);
  }
  [[nodiscard]] std::optional<offset> log_end(partition_number partition) const override {
    const auto known = script_->log_ends.find(partition);
    return known == script_->log_ends.end() ? std::nullopt : std::optional(known->second);
  }

 private:
  std::shared_ptr<fake_client_script> script_;
  std::vector<kafka_event> answers_;
  bool closing_ = false;
};

}  // namespace

namespace {

std::optional<std::string> copy_of(const std::optional<std::string_view>& text) {
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

class fake_producer final : public kafka_producer {
 public:
  explicit fake_producer(std::shared_ptr<fake_producer_script> script) : script_(std::move(script)) {}
  void start(std::function<void()> waker) override { script_->wake = std::move(waker); }
  result<void> produce(std::uint64_t number, const outgoing_record& record) override {
    if (script_->refuses) return tl::make_unexpected(*script_->refuses);
    script_->produced.push_back({number, record.topic, copy_of(record.key), copy_of(record.value), record.headers});
    if (script_->acknowledges) script_->acknowledge(number);
    return {};
  }
  std::vector<produced_record> poll() override { return std::exchange(script_->outcomes, {}); }

  void end() { script_->ended = true, script_->wake = nullptr; }

 private:
  std::shared_ptr<fake_producer_script> script_;
};

}  // namespace

result<std::unique_ptr<kafka_producer>> fake_kafka::make_producer(const consumer_spec&, const consumer_options&) {
  producers.push_back(std::make_shared<fake_producer_script>());
  if (prepare_producer) prepare_producer(*producers.back());
  return std::make_unique<fake_producer>(producers.back());
}

void fake_kafka::see_off(std::unique_ptr<kafka_producer> client) {
  dynamic_cast<fake_producer&>(*client).end();
}

result<std::unique_ptr<kafka_consumer>> fake_kafka::make_consumer(const consumer_spec&, const consumer_options&, int) {
  if (refuse) return tl::make_unexpected(*std::exchange(refuse, std::nullopt));
  made.push_back(std::make_shared<fake_client_script>());
  if (prepare) prepare(*made.back());
  return std::make_unique<fake_client>(made.back());
}

result<void> fake_kafka::leave_group(const consumer_spec&, const consumer_options&, int instance) {
  made_to_leave.push_back(instance);
  return {};
}

void fake_kafka::see_off(std::unique_ptr<kafka_consumer> client) {
  client.reset();
}

consumer_spec example_spec(const std::string& name) {
  consumer_spec spec;
  spec.id = {"00000000-0000-4000-8000-" + std::string(12 - name.size(), '0') + name};
  spec.broker_ip = "127.0.0.10";
  spec.broker_port = 9092;
  spec.topic = "orders";
  spec.consumer_group = "g";
  spec.target = target_state::started;
  spec.rev = revision{1};
  return spec;
}

}  // namespace kfs::test
