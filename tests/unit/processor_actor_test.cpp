#include <boost/test/unit_test.hpp>
#include <deque>

#include "actors/children.hpp"
#include "tests/unit/actor_fixture.hpp"
#include "tests/unit/fake_kafka.hpp"

using namespace kfs;
using namespace std::chrono_literals;

namespace {

/// What a test decides and sees of one sink.
struct sink_script {
  std::deque<error> failures;  ///< of the next writes, one a write
  std::optional<error> cannot_open;
  bool throws = false;
  std::vector<std::string> written;
  int opened = 0;
  int closed = 0;
};

class scripted_sink final : public sink {
 public:
  explicit scripted_sink(std::shared_ptr<sink_script> script) : script_(std::move(script)) {}
  result<void> open() override {
    ++script_->opened;
    if (script_->cannot_open) return tl::make_unexpected(*script_->cannot_open);
    return {};
  }
  result<rejections> write(const batch& records) override {
    if (script_->throws) throw std::runtime_error("the disk caught fire");
    if (!script_->failures.empty()) {
      const auto next = script_->failures.front();
      script_->failures.pop_front();
      return tl::make_unexpected(next);
    }
    for (const auto& one : records.records()) script_->written.emplace_back(one.value);
    return rejections{};
  }
  result<void> close() override {
    ++script_->closed;
    return {};
  }

 private:
  std::shared_ptr<sink_script> script_;
};

/// Stands in for the consumer: keeps what its processor reports.
consumer_actor::behavior_type listener(consumer_actor::pointer, std::shared_ptr<std::vector<processor_report>> heard) {
  return {
      [](wake_atom) {},  [](flush_atom) {},
      [](tick_atom) {},  [heard](observed_atom, const processor_report& report) { heard->push_back(report); },
      [](retry_atom) {}, [](drain_atom) { return done{}; },
  };
}

batch_ptr one_record(std::int64_t position, std::string value) {
  auto made = std::make_shared<test::memory_batch>();
  made->add(0, position, std::move(value));
  return made;
}

consumer_spec with_processor(const processor_spec& processor) {
  auto spec = test::example_spec();
  spec.processors = {processor};
  return spec;
}

struct fixture : test::actor_fixture {
  metrics measured;
  std::shared_ptr<sink_script> script = std::make_shared<sink_script>();
  std::shared_ptr<std::vector<processor_report>> heard = std::make_shared<std::vector<processor_report>>();
  consumer_actor consumer = system().spawn(listener, heard);
  processor_spec spec{.id = {"p"}, .type = "scripted", .config = {}, .created_at = {}, .updated_at = {}};
  processor_actor processor = spawn_processor(system(), {.spec = spec,
                                                         .to = std::make_unique<scripted_sink>(script),
                                                         .recovery = {},
                                                         .consumer = consumer,
                                                         .measured = measured.of_consumer(with_processor(spec)),
                                                         .log = logger::silent()});
  int acknowledged = 0;

  ~fixture() {
    for (const auto& actor : {caf::actor_cast<caf::actor>(consumer), caf::actor_cast<caf::actor>(processor)})
      caf::anon_send_exit(actor, caf::exit_reason::kill);
    run();
  }

  /// Hands a batch over; `acknowledged` counts the answers that have come.
  void deliver(batch_ptr records) {
    ask<done>(
        processor, [this](done) { ++acknowledged; }, ignore_refusal, deliver_atom::value, std::move(records));
  }
};

const error full{ec::sink_unavailable, "the disk is full"};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(processor_actor, fixture)

BOOST_AUTO_TEST_CASE(a_batch_is_acknowledged_when_it_is_written) {
  deliver(one_record(0, "a"));
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(script->written == std::vector<std::string>{"a"}, boost::test_tools::per_element());
  BOOST_TEST(script->opened == 1);
  BOOST_TEST(heard->empty());
}

BOOST_AUTO_TEST_CASE(a_failed_batch_is_tried_again_until_it_is_written_and_only_then_acknowledged) {
  script->failures = {full, full};
  deliver(one_record(0, "a"));
  BOOST_TEST(acknowledged == 0);
  BOOST_REQUIRE(heard->size() == 1u);
  BOOST_TEST(heard->back().fault->message == "the disk is full");
  BOOST_TEST(heard->back().fault->source == "processor:p");
  BOOST_TEST(heard->back().recovery.has_value());
  advance(60s);
  BOOST_TEST(acknowledged == 0);
  BOOST_TEST(heard->back().fault->attempts == 2);
  advance(60s);
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(!heard->back().fault.has_value());
}

BOOST_AUTO_TEST_CASE(batches_behind_a_failed_one_keep_their_order) {
  script->failures = {full};
  deliver(one_record(0, "a"));
  deliver(one_record(1, "b"));
  BOOST_TEST(script->written.empty());
  advance(60s);
  BOOST_TEST(script->written == (std::vector<std::string>{"a", "b"}), boost::test_tools::per_element());
  BOOST_TEST(acknowledged == 2);
}

BOOST_AUTO_TEST_CASE(a_sink_that_cannot_be_opened_is_opened_again) {
  script->cannot_open = error{ec::sink_denied, "not allowed"};
  deliver(one_record(0, "a"));
  BOOST_TEST((heard->back().fault->code == ec::sink_denied));
  script->cannot_open.reset();
  advance(60s);
  BOOST_TEST(acknowledged == 1);
  BOOST_TEST(script->opened == 2);
}

BOOST_AUTO_TEST_CASE(a_user_can_cut_the_back_off_short) {
  script->failures = {full};
  deliver(one_record(0, "a"));
  self()->send(processor, retry_atom::value);
  run();
  BOOST_TEST(acknowledged == 1);
}

BOOST_AUTO_TEST_CASE(a_destination_that_asks_for_a_pause_is_not_tried_before_it_is_over) {
  script->failures = {{ec::sink_unavailable, "slow down", 10min}};
  deliver(one_record(0, "a"));
  advance(9min);
  BOOST_TEST(acknowledged == 0);
  advance(61s);
  BOOST_TEST(acknowledged == 1);
}

BOOST_AUTO_TEST_CASE(a_drain_waits_for_the_batch_in_hand_and_closes_the_sink) {
  script->failures = {full};
  deliver(one_record(0, "a"));
  bool drained = false;
  ask<done>(
      processor, [&](done) { drained = true; }, ignore_refusal, drain_atom::value);
  BOOST_TEST(!drained);
  advance(60s);
  BOOST_TEST(drained);
  BOOST_TEST(script->closed == 1);
}

BOOST_AUTO_TEST_CASE(an_exception_ends_the_processor_with_its_text) {
  script->throws = true;
  std::string reason;
  watch(processor, [&](const caf::error& why) { reason = from_caf(why).message; });
  deliver(one_record(0, "a"));
  BOOST_TEST(reason.find("the disk caught fire") != std::string::npos);
  BOOST_TEST(script->closed == 1);
}

BOOST_AUTO_TEST_SUITE_END()
