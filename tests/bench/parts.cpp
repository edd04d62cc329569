// The cost of two parts of the data path, compared with the simplest code that does the same:
//
//   hand-over  a batch from one actor to a processor actor with a sink that discards, two in flight, acknowledged;
//              the floor calls the sink
//   offsets    offset tracking for a batch of 4 partitions (deliver, acknowledge, take what to commit);
//              the floor stores 4 numbers
//
// usage: parts
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>

#include "actors/consumer/core/assignment.hpp"
#include "actors/consumer/spawn.hpp"

using namespace kfs;

namespace {

constexpr int rounds = 5;
constexpr int batches = 200'000;
constexpr std::size_t records_a_batch = 10'000;

/// Identical records of 200 bytes.
class plain_batch final : public batch {
 public:
  plain_batch() : batch(std::make_shared<const record_source>(record_source{"cluster", "group", "topic"})) {
    records_.resize(records_a_batch);
    for (auto& one : records_) one.value = value_;
    ranges_.push_back({0, offset{0}, offset{static_cast<std::int64_t>(records_a_batch)}});
  }

 private:
  std::string value_ = std::string(200, 'x');
};

class discarding_sink final : public sink {
 public:
  result<void> open() override { return {}; }
  result<rejections> write(const batch& records) override {
    seen_ += records.records().size();
    return rejections{};
  }
  result<void> close() override { return {}; }

 private:
  std::size_t seen_ = 0;
};

double nanoseconds_each(int count, const std::function<void()>& work) {
  const auto begun = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begun;
  return took.count() / count;
}

double median(std::array<double, rounds> of) {
  std::ranges::sort(of);
  return of[rounds / 2];
}

void report(const char* what, const std::array<double, rounds>& ours, const std::array<double, rounds>& floor) {
  const auto a_batch = median(ours);
  std::printf("%-10s %8.0f ns a batch   floor %6.0f ns   %.2f %% of a batch's time at 2,000,000 records/s\n", what,
              a_batch, median(floor), a_batch / (records_a_batch * 500.0) * 100);
}

/// Keeps two batches in flight until `left` is 0, then quits.
struct feeder_state {
  static inline const char* name = "feeder";
  int left = batches;
  int open = 0;
};

void feed(caf::stateful_actor<feeder_state>* self, const processor_actor& to, const batch_ptr& records) {
  while (self->state.open < 2 && self->state.left > 0) {
    --self->state.left;
    ++self->state.open;
    self->request(to, caf::infinite, deliver_atom::value, records).then([self, to, records](done) {
      --self->state.open;
      feed(self, to, records);
    });
  }
  if (self->state.open == 0) self->quit();
}

double hand_over(caf::actor_system& system, const batch_ptr& records) {
  metrics measured;
  consumer_spec spec;
  spec.processors = {{.id = {"p"}, .type = "discard", .config = {}, .created_at = {}, .updated_at = {}}};
  caf::scoped_actor self{system};
  const auto processor = spawn_processor(system, {.spec = spec.processors.front(),
                                                  .sink = std::make_unique<discarding_sink>(),
                                                  .recovery = {},
                                                  .consumer = {},
                                                  .measured = measured.of_consumer(spec),
                                                  .log = logger::silent()});
  const auto each = nanoseconds_each(batches, [&] {
    const auto feeder = system.spawn(
        [processor, records](caf::stateful_actor<feeder_state>* actor) { feed(actor, processor, records); });
    self->wait_for(feeder);
  });
  caf::anon_send(processor, drain_atom::value);
  self->wait_for(processor);  // the measurement ends with the actor
  return each;
}

double plain_calls(const batch_ptr& records) {
  const std::unique_ptr<sink> to = std::make_unique<discarding_sink>();
  return nanoseconds_each(batches, [&] {
    for (int i = 0; i < batches; ++i) {
      if (!to->write(*records)) std::abort();
    }
  });
}

double bookkeeping() {
  assignment owned;
  for (partition_number one = 0; one < 4; ++one) owned.assign(one, offset{0}, {});
  std::int64_t next = 0;
  return nanoseconds_each(batches, [&] {
    for (int i = 0; i < batches; ++i) {
      std::vector<batch_range> ranges;
      for (partition_number one = 0; one < 4; ++one) ranges.push_back({one, offset{next}, offset{next + 2'500}});
      next += 2'500;
      owned.acknowledged(owned.delivered(ranges));
      const auto commit = owned.take_commit();
      owned.commit_finished(commit, true);
    }
  });
}

double stores() {
  std::array<volatile std::int64_t, 4> offsets{};
  return nanoseconds_each(batches, [&] {
    for (int i = 0; i < batches; ++i) {
      for (auto& one : offsets) one = one + 2'500;
    }
  });
}

}  // namespace

int main() {
  caf::actor_system_config configuration;
  caf::actor_system system{configuration};
  const batch_ptr records = std::make_shared<plain_batch>();
  std::array<double, rounds> ours{};
  std::array<double, rounds> floor{};
  for (int round = 0; round < rounds; ++round) {
    ours[round] = hand_over(system, records);
    floor[round] = plain_calls(records);
  }
  report("hand-over", ours, floor);
  for (int round = 0; round < rounds; ++round) {
    ours[round] = bookkeeping();
    floor[round] = stores();
  }
  report("offsets", ours, floor);
  return 0;
}
