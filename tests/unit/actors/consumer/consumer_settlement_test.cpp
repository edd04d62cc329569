// A settlement, an ending and a reader on a scripted client, without an actor system.
#include "actors/consumer/settlement.hpp"

#include <boost/test/unit_test.hpp>

#include "actors/consumer/batch_reader.hpp"
#include "tests/unit/doubles/fake_kafka.hpp"

namespace kfs::consumer_settlement_test {

using namespace std::chrono_literals;

namespace {

struct parts_fixture {
  test::fake_kafka kafka;
  std::unique_ptr<kafka_consumer> client = *kafka.make_consumer({}, {}, 0);
  kfs::assignment assigned;
  std::vector<partition_number> given_back;
  kfs::consumer_settlement settlement{*client, assigned, 10s,
                                      [this](auto partition) { given_back.push_back(partition); }};
  bool hopeless = false;
  int closed = 0;
  kfs::consumer_ending ending{
      *client,
      assigned,
      settlement,
      {.hopeless = [this] { return hopeless; }, .failing = [] { return false; }, .closed = [this] { ++closed; }}};
  kfs::consumer_options options;
  kfs::batch_reader reader{*client, assigned, settlement, ending, options};
  kfs::consumer_settlement::clock::time_point at{1h};

  parts_fixture() { assigned.assign(0, offset{0}, {}); }
  test::fake_client_script& script() { return *kafka.made.front(); }
  auto deliver(std::int64_t from, std::int64_t next) {
    return assigned.delivered({{0, offset{from}, offset{next}}}, static_cast<std::size_t>(next - from), 2);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_settlement, parts_fixture)

BOOST_AUTO_TEST_CASE(a_batch_is_in_hand_until_every_processor_has_acknowledged_it) {
  const auto batch = deliver(0, 7);
  BOOST_TEST(assigned.records_in_hand() == 7u);
  BOOST_TEST(!assigned.acknowledged(batch).has_value());
  BOOST_TEST((assigned.acknowledged(batch) == 7u));
  BOOST_TEST(assigned.batches_in_hand() == 0u);
}

BOOST_AUTO_TEST_CASE(what_is_asked_back_is_given_back_when_it_is_committed_or_time_is_up) {
  const auto batch = deliver(0, 7);
  settlement.asked_back({0}, at);
  BOOST_TEST(!settlement.settle(at));
  for (int i = 0; i < 2; ++i) assigned.acknowledged(batch);
  BOOST_TEST(!settlement.settle(at));
  BOOST_TEST_REQUIRE(script().committed.size() == 1u);
  assigned.commit_finished(script().committed.front(), true);
  BOOST_TEST(settlement.settle(at));
  BOOST_TEST(given_back == std::vector<partition_number>{0}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_end_calls_closed_once) {
  ending.begin(10s, std::nullopt, departure::leave, at);
  BOOST_TEST(ending.closing());
  BOOST_TEST(script().left);
  ending.client_closed();
  ending.client_closed();
  ending.advance(at + 1h);
  BOOST_TEST(closed == 1);
}

BOOST_AUTO_TEST_CASE(a_hopeless_end_waits_for_no_batch) {
  deliver(0, 7);
  ending.begin(10s, std::nullopt, departure::leave, at);
  BOOST_TEST(!ending.closing());
  hopeless = true;
  ending.advance(at);
  BOOST_TEST(ending.closing());
}

BOOST_AUTO_TEST_CASE(a_reader_without_room_polls_only_once_its_partitions_are_paused) {
  deliver(0, 1);
  deliver(1, 2);
  BOOST_TEST(!reader.poll(at).has_value());
  BOOST_TEST(script().polled == 0u);
  reader.pause_if_starved(at + 1s);
  BOOST_TEST(script().paused.all);
  BOOST_TEST(reader.poll(at + 1s).has_value());
  BOOST_TEST(!reader.make_room(at + 1s));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_settlement_test
