#include "actors/processor/rejection_handler.hpp"

#include "tests/unit/actors/processor/parts_fixture.hpp"

namespace kfs::rejection_handler_test {

using namespace std::chrono_literals;

namespace {

struct fixture : test::parts_fixture {
  batch_delivery delivery{numbered_batch(3)};
  timestamp at{1'000s};
  bool proven = true;

  void on_error(rejection_policy policy, std::int64_t max_attempts = 1) {
    environment.on_error = {.policy = policy, .max_attempts = max_attempts, .dead_letter_topic = {}};
  }

  result<std::optional<error>> handle(const rejections& records) {
    return kfs::rejection_handler(environment).handle(delivery, records, proven, at);
  }

  /// Offsets of the records that the sink is still offered.
  std::vector<std::int64_t> remaining() {
    std::vector<std::int64_t> offsets;
    for (const auto& record : delivery.remaining().records()) offsets.push_back(record.position.value);
    return offsets;
  }
};

using offsets = std::vector<std::int64_t>;

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rejection_handler, fixture)

BOOST_AUTO_TEST_CASE(a_record_that_is_retried_stays_in_its_batch_and_the_first_one_is_the_reason) {
  on_error(rejection_policy::retry);
  BOOST_TEST(!handle({rejection_at(1, "first"), rejection_at(2, "second")}).value().has_value());
  BOOST_REQUIRE(delivery.retry_reason.has_value());
  BOOST_TEST(delivery.retry_reason->message.find("first") != std::string::npos);
  BOOST_TEST(delivery.letters.empty());
  BOOST_TEST(remaining() == (offsets{0, 1, 2}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_record_becomes_a_dead_letter_when_its_attempts_are_over) {
  on_error(rejection_policy::dead_letter, 2);
  handle({rejection_at(1)}).value();
  BOOST_TEST(delivery.letters.empty());
  at += 5s;
  handle({rejection_at(1), rejection_at(2)}).value();
  BOOST_REQUIRE(delivery.letters.size() == 1u);
  const auto& letter = delivery.letters.front();
  BOOST_TEST(letter.rejected.position.value == 1);
  BOOST_TEST(letter.reason.message == "it is poison");
  BOOST_TEST(letter.history.attempts == 2);
  BOOST_TEST((letter.history.first_failure == timestamp(1'000s)));
  BOOST_TEST(ledger.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_skipped_record_is_left_out_counted_and_forgotten) {
  on_error(rejection_policy::skip);
  BOOST_TEST(!handle({rejection_at(0), rejection_at(2)}).value().has_value());
  BOOST_TEST(remaining() == offsets{1}, boost::test_tools::per_element());
  BOOST_TEST(series("kafka_fetcher_skipped_records_total") == "2");
  BOOST_TEST(ledger.size() == 0u);
}

BOOST_AUTO_TEST_CASE(the_policy_stop_returns_the_error_and_forgets_the_record) {
  on_error(rejection_policy::stop);
  const auto stop_reason = handle({rejection_at(1)}).value();
  BOOST_REQUIRE(stop_reason.has_value());
  BOOST_TEST((stop_reason->code == ec::record_rejected));
  BOOST_TEST(stop_reason->message.find("offset 1") != std::string::npos);
  BOOST_TEST(ledger.size() == 0u);
}

BOOST_AUTO_TEST_CASE(nothing_is_given_up_while_the_destination_may_be_at_fault) {
  proven = false;
  for (const auto policy :
       {rejection_policy::retry, rejection_policy::stop, rejection_policy::skip, rejection_policy::dead_letter}) {
    on_error(policy, 1);
    BOOST_TEST(!handle({rejection_at(1)}).value().has_value());
    BOOST_TEST_REQUIRE(delivery.retry_reason.has_value());
    BOOST_TEST((delivery.retry_reason->code == ec::record_unproven));
    BOOST_TEST(delivery.letters.empty());
    BOOST_TEST(remaining() == (offsets{0, 1, 2}), boost::test_tools::per_element());
    const bool tries = policy == rejection_policy::skip || policy == rejection_policy::dead_letter;
    BOOST_TEST(delivery.tries_all == tries);
  }
}

BOOST_AUTO_TEST_CASE(records_behind_are_tried_only_when_the_attempts_are_over) {
  proven = false;
  on_error(rejection_policy::dead_letter, 2);
  handle({rejection_at(1)}).value();
  BOOST_TEST(!delivery.tries_all);
  handle({rejection_at(1)}).value();
  BOOST_TEST(delivery.tries_all);
}

BOOST_AUTO_TEST_CASE(a_record_that_was_tried_past_is_given_up_whatever_its_attempts) {
  on_error(rejection_policy::dead_letter, 5);
  delivery.tries_all = true;
  handle({rejection_at(0), rejection_at(1)}).value();
  BOOST_TEST(delivery.letters.size() == 2u);
  BOOST_TEST(!delivery.tries_all);
}

BOOST_AUTO_TEST_CASE(a_record_that_was_not_offered_is_an_error_of_the_sink) {
  on_error(rejection_policy::skip);
  delivery.leave_out({{0, offset{1}}});
  remaining();
  const auto handled = handle({rejection_at(1)});
  BOOST_REQUIRE(!handled.has_value());
  BOOST_TEST((handled.error().code == ec::internal));
  BOOST_TEST(handled.error().message.find("partition 0, offset 1") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rejection_handler_test
