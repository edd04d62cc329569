// A destination that rejects any proper subset of the records: exactly those become dead letters, in order; whatever
// batches they come in, and whatever fails meanwhile.
#include <algorithm>
#include <random>

#include "tests/unit/actors/processor/processor_fixture.hpp"

namespace kfs::evidence_model_test {

using namespace std::chrono_literals;

namespace {

/// What a destination does, and what became of the records.
struct destination {
  std::set<std::int64_t> bad;
  bool keeps_order = false;  ///< as over HTTP: a rejected record holds up those behind it, and nothing is undone
  std::mt19937* random = nullptr;
  unsigned faults_percent = 0;  ///< how many calls end with a fault of the destination
  std::vector<std::int64_t> accepted;
};

/// A sink that has the rules of database_sync, or of streaming_forwarder in partition order.
class modelled_sink final : public sink {
 public:
  explicit modelled_sink(std::shared_ptr<destination> to) : to_(std::move(to)) {}

  result<void> open() override { return {}; }
  result<rejections> write(const batch& records) override { return send(records, to_->keeps_order); }
  result<rejections> try_all(const batch& records) override { return send(records, false); }
  result<void> close() override { return {}; }
  std::optional<destination_evidence> evidence() const override { return destination_evidence{.accepted = accepted_}; }

 private:
  result<rejections> send(const batch& records, bool stops) {
    rejections rejected;
    std::vector<std::int64_t> taken;
    for (const auto& record : records.records()) {
      const auto position = record.position.value;
      if (std::ranges::find(to_->accepted, position) != to_->accepted.end()) continue;
      if (rejected.empty() && fails()) return tl::make_unexpected(error{ec::sink_unavailable, "it is away"});
      if (to_->bad.contains(position)) {
        rejected.push_back({record.partition, record.position, {ec::record_rejected, "it is bad"}});
        if (stops) break;
        continue;
      }
      ++accepted_;
      taken.push_back(position);
      if (to_->keeps_order) to_->accepted.push_back(position);
    }
    if (!to_->keeps_order && rejected.empty()) to_->accepted.insert(to_->accepted.end(), taken.begin(), taken.end());
    return rejected;
  }

  bool fails() { return to_->faults_percent > 0 && (*to_->random)() % 100 < to_->faults_percent; }

  std::shared_ptr<destination> to_;
  std::uint64_t accepted_ = 0;
};

struct model : test::processor_fixture {
  void begin_with(const std::shared_ptr<destination>& to, rejection_policy policy, std::int64_t attempts) {
    end(caf::actor_cast<caf::actor>(processor));
    processor =
        spawn_processor(system(), {.spec = spec,
                                   .sink = std::make_unique<modelled_sink>(to),
                                   .recovery = {},
                                   .consumer = consumer,
                                   .measured = counted,
                                   .log = logger::silent(),
                                   .owner = owner.id,
                                   .on_error = {.policy = policy, .max_attempts = attempts, .dead_letter_topic = {}},
                                   .letters = letters,
                                   .ledger = std::make_shared<rejection_ledger>(),
                                   .given_up = giving_up.get_token()});
  }

  /// Hands over records in batches as a consumer does: two at once, and more while a record is unproven. Returns
  /// whether all were handled.
  bool run_through(std::int64_t records, std::mt19937& random) {
    acknowledged = 0;
    int delivered = 0;
    std::int64_t next = 0;
    for (int round = 0; round < 2'000; ++round) {
      const bool unproven = !heard->empty() && heard->back().fault && heard->back().fault->code == ec::record_unproven;
      while (next < records && delivered - acknowledged < (unproven ? 64 : 2)) {
        const auto end = std::min(records, next + 1 + static_cast<std::int64_t>(random() % 12));
        deliver(test::numbered_batch(next, end));
        next = end;
        ++delivered;
      }
      if (next == records && acknowledged == delivered) return true;
      advance(60s);
    }
    return false;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(evidence_model, model)

BOOST_AUTO_TEST_CASE(exactly_the_bad_records_of_a_proper_subset_are_dead_lettered_in_order) {
  std::mt19937 random{11};
  std::size_t letters_seen = 0;
  for (int run = 0; run < 300; ++run) {
    const auto records = 2 + static_cast<std::int64_t>(random() % 60);
    const auto to = std::make_shared<destination>();
    to->keeps_order = random() % 2 == 0;
    to->random = &random;
    to->faults_percent = random() % 2 == 0 ? 0 : 10;
    const auto percent = random() % 100;
    for (std::int64_t position = 0; position < records; ++position)
      if (random() % 100 < percent) to->bad.insert(position);
    // What a consumer hands over at once, at least two records, has to hold a good one at both ends of the topic.
    to->bad.erase(records - 1);
    if (to->bad.contains(0)) to->bad.erase(1);
    const auto before = dead_letters().size();
    begin_with(to, rejection_policy::dead_letter, 1 + static_cast<std::int64_t>(random() % 3));
    BOOST_TEST(run_through(records, random), "run " << run);
    std::vector<std::string> expected;
    for (const auto position : to->bad) expected.push_back(std::to_string(position));
    auto made = dead_letters();
    made.erase(made.begin(), made.begin() + static_cast<std::ptrdiff_t>(before));
    BOOST_TEST(made == expected, boost::test_tools::per_element());
    letters_seen += made.size();
    BOOST_TEST(to->accepted.size() == static_cast<std::size_t>(records) - to->bad.size());
    BOOST_TEST(std::ranges::is_sorted(to->accepted));
  }
  BOOST_TEST(letters_seen > 1'000u);
}

BOOST_AUTO_TEST_CASE(of_a_destination_that_takes_nothing_nothing_is_given_up) {
  std::mt19937 random{12};
  for (const auto policy : {rejection_policy::dead_letter, rejection_policy::skip, rejection_policy::stop}) {
    for (const bool keeps_order : {false, true}) {
      const auto to = std::make_shared<destination>();
      to->keeps_order = keeps_order;
      for (std::int64_t position = 0; position < 40; ++position) to->bad.insert(position);
      begin_with(to, policy, 1);
      BOOST_TEST(!run_through(40, random));
      BOOST_TEST(dead_letters().empty());
      BOOST_TEST(to->accepted.empty());
      BOOST_TEST((heard->back().fault->code == ec::record_unproven));
      BOOST_TEST(!heard->back().fault->until_started);
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::evidence_model_test
