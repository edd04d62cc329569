#include "actors/processor/core/rejection_disposal.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::rejection_disposal_test {

namespace {

on_error_options on_error(rejection_policy policy, std::int64_t attempts = 1) {
  return {.policy = policy, .max_attempts = attempts, .dead_letter_topic = {}};
}

std::string message(const on_error_options& options, std::int64_t attempts) {
  const rejection rejected{3, offset{41}, {ec::record_rejected, "column \"amount\" is no number"}};
  const auto shown = rejection_error("orders", rejected, options, {.attempts = attempts, .first_failure = {}});
  BOOST_TEST((shown.code == ec::record_rejected));
  return shown.message;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(rejection_disposal)

BOOST_AUTO_TEST_CASE(retry_never_ends) {
  for (const std::int64_t attempts : {1, 2, 1'000'000})
    BOOST_CHECK(dispose(on_error(rejection_policy::retry), attempts) == rejection_policy::retry);
}

BOOST_AUTO_TEST_CASE(the_other_policies_apply_once_the_attempts_are_over) {
  for (const auto policy : {rejection_policy::dead_letter, rejection_policy::skip, rejection_policy::stop}) {
    BOOST_CHECK(dispose(on_error(policy), 1) == policy);
    BOOST_CHECK(dispose(on_error(policy, 3), 2) == rejection_policy::retry);
    BOOST_CHECK(dispose(on_error(policy, 3), 3) == policy);
    BOOST_CHECK(dispose(on_error(policy, 3), 4) == policy);
  }
}

BOOST_AUTO_TEST_CASE(the_error_names_the_record_the_sinks_reason_and_what_can_be_done) {
  const auto shown = message(on_error(rejection_policy::retry), 5);
  for (const auto* part : {"offset 41", "partition 3", "topic \"orders\"", "column \"amount\" is no number",
                           "options.on_error", "dead_letter", "skip"})
    BOOST_TEST(holds(shown, part), shown);
}

BOOST_AUTO_TEST_CASE(the_error_says_what_comes_next) {
  BOOST_TEST(holds(message(on_error(rejection_policy::dead_letter, 5), 2), "attempt 2 of 5"));
  BOOST_TEST(holds(message(on_error(rejection_policy::dead_letter, 5), 2), "\"orders.dead-letter\""));
  BOOST_TEST(holds(message(on_error(rejection_policy::skip, 5), 2), "left out"));
  BOOST_TEST(holds(message(on_error(rejection_policy::stop, 5), 2), "then the consumer stops"));
  BOOST_TEST(holds(message(on_error(rejection_policy::stop, 5), 5), "start the consumer"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rejection_disposal_test
