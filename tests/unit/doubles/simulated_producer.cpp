// The producer on a simulated cluster, and simulated_kafka, which makes consumers and producers.
#include <utility>

#include "tests/unit/doubles/simulated_kafka.hpp"

namespace kfs::test {

using namespace std::chrono_literals;

namespace {

class simulated_producer final : public kafka_producer {
 public:
  explicit simulated_producer(simulated_cluster& cluster) : cluster_(cluster) {}
  void start(std::function<void()> waker) override { waker_ = std::move(waker); }

  result<void> produce(std::uint64_t number, const outgoing_record& record) override {
    const auto& faults = cluster_.faults;
    const bool accepted = faults.answers() && !faults.letters_fail && record.value;
    if (accepted) cluster_.letters.insert(record_name::of(*record.value));
    cluster_.after(accepted ? 30ms : 5000ms, [this, number, accepted, alive = std::weak_ptr<int>(alive_)] {
      if (alive.expired()) return;
      ended_.push_back({number, accepted ? std::nullopt : std::optional(error{ec::broker_silent, "not acknowledged"})});
      waker_();
    });
    return {};
  }

  std::vector<produced_record> poll() override { return std::exchange(ended_, {}); }

 private:
  simulated_cluster& cluster_;
  const std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::function<void()> waker_;
  std::vector<produced_record> ended_;
};

}  // namespace

result<std::unique_ptr<kafka_consumer>> simulated_kafka::make_consumer(const consumer_spec& spec,
                                                                       const consumer_options&, int instance) {
  if (cluster_.faults.make_error) return tl::make_unexpected(*cluster_.faults.make_error);
  return std::make_unique<simulated_client>(cluster_, spec, instance, witness);
}

/// Members of the simulated group leave when their clients are destroyed.
result<void> simulated_kafka::leave_group(const consumer_spec&, const consumer_options&, int) {
  return {};
}

void simulated_kafka::see_off(std::unique_ptr<kafka_consumer> client) {
  client.reset();
}

result<std::unique_ptr<kafka_producer>> simulated_kafka::make_producer(const consumer_spec&, const consumer_options&) {
  return std::make_unique<simulated_producer>(cluster_);
}

void simulated_kafka::see_off(std::unique_ptr<kafka_producer> client) {
  client.reset();
}

}  // namespace kfs::test
