// What refused records mean for a consumer as a whole, and for the neighbours of the processor that refuses.
#include "tests/unit/actors/consumer/consumer_fixture.hpp"
#include "tests/unit/actors/processor/processor_fixture.hpp"

namespace kfs::consumer_rejections_test {

using namespace std::chrono_literals;

namespace {

/// A consumer with two processors; the sinks of both do what their scripts say.
struct two_processors : test::consumer_fixture {
  std::map<std::string, std::shared_ptr<test::sink_script>, std::less<>> scripts{
      {"one", std::make_shared<test::sink_script>()}, {"other", std::make_shared<test::sink_script>()}};
  sink_type scripted;

  two_processors() {
    for (const auto& [name, script] : scripts)
      spec.processors.push_back({.id = {name}, .type = "scripted", .config = {}, .created_at = {}, .updated_at = {}});
    scripted.make = [this](const consumer_spec&, const processor_spec& processor, const sink_environment&,
                           const lifeline&,
                           int) { return std::make_unique<test::scripted_sink>(scripts.at(processor.id.value)); };
    find_type = [this](std::string_view) { return &scripted; };
  }

  void begin_with(json on_error) {
    spec.options = {{"on_error", std::move(on_error)}};
    begin();
    assign({0});
  }

  void bring(std::int64_t from, std::int64_t next) {
    client().bring(test::numbered_batch(from, next));
    wake();
  }

  test::sink_script& one() { return *scripts["one"]; }
  test::sink_script& other() { return *scripts["other"]; }

  /// The last offset that was committed of partition 0; -1: none.
  std::int64_t committed() {
    return client().committed.empty() ? -1 : client().committed.back().front().position.value;
  }
};

using values = std::vector<std::string>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(consumer_rejections, two_processors)

BOOST_AUTO_TEST_CASE(a_refused_record_goes_to_the_topic_once_and_its_neighbour_gets_all_records) {
  one().poison = {1};
  begin_with({{"policy", "dead_letter"}});
  bring(0, 3);
  bring(3, 5);
  advance(2s);
  BOOST_TEST(one().written == (values{"0", "2", "3", "4"}), boost::test_tools::per_element());
  BOOST_TEST(other().written == (values{"0", "1", "2", "3", "4"}), boost::test_tools::per_element());
  BOOST_REQUIRE(kafka.producers.size() == 1u);
  BOOST_TEST(kafka.producers.front()->produced.size() == 1u);
  BOOST_TEST(committed() == 5);
}

BOOST_AUTO_TEST_CASE(a_neighbour_runs_ahead_of_a_refusing_processor_by_a_bounded_amount_and_doubles_nothing) {
  one().poison = {1};
  begin_with({{"policy", "retry"}});
  for (int batch = 0; batch < 4; ++batch) bring(batch * 3, batch * 3 + 3);
  BOOST_TEST(one().written.empty());
  BOOST_TEST(other().written == (values{"0", "1", "2", "3", "4", "5"}), boost::test_tools::per_element());
  BOOST_TEST(client().polls.size() == 2u);
  one().poison.clear();
  self()->send(consumer, retry_atom::value);
  run();
  BOOST_TEST(one().written.size() == 12u);
  BOOST_TEST(one().written == other().written, boost::test_tools::per_element());
  advance(1s);
  BOOST_TEST(committed() == 12);
}

BOOST_AUTO_TEST_CASE(nothing_is_committed_past_a_record_whose_dead_letter_cannot_be_produced) {
  kafka.prepare_producer = [](test::fake_producer_script& made) {
    made.refuses = error{ec::topic_missing, "no such topic"};
  };
  one().poison = {1};
  begin_with({{"policy", "dead_letter"}});
  bring(0, 1);
  bring(1, 3);
  for (int minute = 0; minute < 3; ++minute) advance(60s);
  client().bring(kafka_sample{.broker_up = true, .since_answer = 0ms, .ever_answered = true, .joined = true});
  wake();
  BOOST_TEST(committed() == 1);
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(to_string(seen->fault->source) == "processor:one");
}

BOOST_AUTO_TEST_CASE(the_producer_ends_with_its_consumer) {
  one().poison = {1};
  begin_with({{"policy", "dead_letter"}});
  bring(0, 3);
  drain();
  for (int tick = 0; tick < 50; ++tick) advance(20ms);
  BOOST_TEST(ended);
  BOOST_TEST(kafka.producers.front()->ended);
}

BOOST_AUTO_TEST_CASE(a_stop_at_a_record_is_told_before_any_fault_of_kafka) {
  one().poison = {1};
  begin_with({{"policy", "stop"}});
  bring(0, 3);
  client().bring(kafka_fault{{ec::authentication_failed, "refused"}, false});
  wake();
  BOOST_REQUIRE(seen->fault.has_value());
  BOOST_TEST(seen->fault->until_started);
  BOOST_TEST((seen->fault->code == ec::record_rejected));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_rejections_test
