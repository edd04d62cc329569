#include "actors/processor/dead_letter_post.hpp"

#include "tests/unit/actors/processor/parts_fixture.hpp"

namespace kfs::dead_letter_post_test {

namespace {

const error missing{ec::topic_missing, "the dead-letter topic is missing"};
const error unreachable{ec::broker_unreachable, "the broker is down"};

struct fixture : test::parts_fixture {
  using outcome_function = kfs::dead_letter_post::outcome_function;
  struct produced {
    outgoing_record_ptr letter;
    outcome_function answer;
  };
  std::vector<produced> letters;  ///< that were handed over to be produced
  std::vector<std::optional<error>> outcomes;
  kfs::dead_letter_post post{environment, [this](outgoing_record_ptr letter, outcome_function answer) {
                               letters.push_back({std::move(letter), std::move(answer)});
                             }};

  /// A batch each of whose records is to become a dead letter.
  batch_delivery_ptr rejected_batch(int count) {
    auto delivery = std::make_shared<batch_delivery>(numbered_batch(count));
    rejections records;
    for (const auto& record : delivery->whole()->records()) {
      records.push_back(rejection_at(record.position.value));
      delivery->letters.push_back({record, records.back().why, {}});
    }
    ledger.rejected(spec.id, *delivery->whole(), records, {});
    return delivery;
  }

  void begin(const batch_delivery_ptr& delivery) {
    post.post(delivery, [this](const std::optional<error>& reason) { outcomes.push_back(reason); });
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(dead_letter_post, fixture)

BOOST_AUTO_TEST_CASE(it_has_finished_when_every_dead_letter_is_produced) {
  const auto delivery = rejected_batch(2);
  begin(delivery);
  BOOST_REQUIRE(letters.size() == 2u);
  BOOST_TEST(letters.front().letter->topic == "orders.dead-letter");
  letters.back().answer(std::nullopt);
  BOOST_TEST(outcomes.empty());
  letters.front().answer(std::nullopt);
  BOOST_REQUIRE(outcomes.size() == 1u);
  BOOST_TEST(!outcomes.front().has_value());
}

BOOST_AUTO_TEST_CASE(a_record_whose_dead_letter_was_produced_is_left_out_counted_and_forgotten) {
  const auto delivery = rejected_batch(2);
  begin(delivery);
  for (const auto& letter : letters) letter.answer(std::nullopt);
  BOOST_TEST(delivery->letters.empty());
  BOOST_TEST(delivery->remaining().records().empty());
  BOOST_TEST(ledger.size() == 0u);
  BOOST_TEST(series("kafka_fetcher_dead_letters_total") == "2");
}

BOOST_AUTO_TEST_CASE(only_the_dead_letters_that_failed_remain_and_the_first_error_is_the_outcome) {
  const auto delivery = rejected_batch(3);
  begin(delivery);
  letters[2].answer(missing);
  letters[1].answer(std::nullopt);
  letters[0].answer(unreachable);
  BOOST_REQUIRE(outcomes.size() == 1u);
  BOOST_TEST((outcomes.front()->code == ec::topic_missing));
  BOOST_REQUIRE(delivery->letters.size() == 2u);
  BOOST_TEST(delivery->letters.front().rejected.position.value == 0);
  BOOST_TEST(delivery->letters.back().rejected.position.value == 2);
  BOOST_TEST(delivery->remaining().records().size() == 2u);
  BOOST_TEST(series("kafka_fetcher_dead_letters_total") == "1");
}

BOOST_AUTO_TEST_CASE(a_bounded_number_of_dead_letters_is_posted_at_once) {
  const auto bound = kfs::dead_letter_post::letters_at_once;
  const auto delivery = rejected_batch(static_cast<int>(bound) + 1);
  begin(delivery);
  BOOST_TEST(letters.size() == bound);
  for (const auto& letter : letters) letter.answer(std::nullopt);
  BOOST_TEST(outcomes.size() == 1u);
  BOOST_TEST(delivery->letters.size() == 1u);
}

BOOST_AUTO_TEST_CASE(answers_may_come_while_dead_letters_are_still_being_handed_over) {
  kfs::dead_letter_post immediate(
      environment, [](const outgoing_record_ptr&, const outcome_function& answer) { answer(std::nullopt); });
  const auto delivery = rejected_batch(3);
  immediate.post(delivery, [this](const std::optional<error>& reason) { outcomes.push_back(reason); });
  BOOST_TEST(outcomes.size() == 1u);
  BOOST_TEST(delivery->letters.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::dead_letter_post_test
