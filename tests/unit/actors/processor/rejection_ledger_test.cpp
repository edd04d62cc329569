#include "actors/processor/core/rejection_ledger.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/memory_batch.hpp"

namespace kfs::rejection_ledger_test {

using namespace std::chrono_literals;

namespace {

const processor_id one{"one"};
const processor_id other{"other"};

rejection refusal(partition_number partition, std::int64_t position) {
  return {partition, offset{position}, {ec::record_rejected, "no"}};
}

struct fixture {
  rejection_ledger ledger;
  timestamp at{1'000s};

  /// How often a record has been refused by `by` now.
  std::int64_t refuse(const processor_id& by, partition_number partition, std::int64_t position) {
    test::memory_batch of;
    of.add(partition, position, "v");
    return ledger.refused(by, of, {refusal(partition, position)}, at).front().attempts;
  }

  /// Has the records [from, next) of a partition refused in one batch; how often the last of them has been by then.
  std::int64_t refuse_all(partition_number partition, std::int64_t from, std::int64_t next) {
    test::memory_batch of;
    rejections refused;
    for (auto position = from; position < next; ++position) {
      of.add(partition, position, "v");
      refused.push_back(refusal(partition, position));
    }
    return ledger.refused(one, of, refused, at).back().attempts;
  }
};

constexpr auto most = static_cast<std::int64_t>(rejection_ledger::most_records);

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rejection_ledger, fixture)

BOOST_AUTO_TEST_CASE(each_refusal_of_a_record_counts_since_the_first) {
  BOOST_TEST(refuse(one, 0, 7) == 1);
  at += 1s;
  test::memory_batch of;
  of.add(0, 7, "v");
  const auto second = ledger.refused(one, of, {refusal(0, 7)}, at).front();
  BOOST_TEST(second.attempts == 2);
  BOOST_TEST((second.first_failure == timestamp(1'000s)));
}

BOOST_AUTO_TEST_CASE(records_and_processors_are_counted_apart) {
  refuse(one, 0, 7);
  BOOST_TEST(refuse(one, 0, 8) == 1);
  BOOST_TEST(refuse(one, 1, 7) == 1);
  BOOST_TEST(refuse(other, 0, 7) == 1);
}

BOOST_AUTO_TEST_CASE(a_record_that_was_dealt_with_is_forgotten) {
  refuse(one, 0, 7);
  ledger.forget(one, 0, offset{7});
  BOOST_TEST(ledger.size() == 0u);
  BOOST_TEST(refuse(one, 0, 7) == 1);
}

BOOST_AUTO_TEST_CASE(what_the_processor_has_moved_past_is_forgotten) {
  refuse(one, 0, 7);
  refuse(one, 0, 8);
  refuse(one, 1, 7);
  refuse(other, 0, 7);
  ledger.passed(one, 0, offset{8});
  BOOST_TEST(refuse(one, 0, 7) == 1);
  BOOST_TEST(refuse(one, 0, 8) == 2);
  BOOST_TEST(refuse(one, 1, 7) == 2);
  BOOST_TEST(refuse(other, 0, 7) == 2);
}

BOOST_AUTO_TEST_CASE(a_log_that_begins_anew_has_other_records) {
  refuse(one, 0, 7);
  refuse(one, 1, 7);
  ledger.log_restarted(0);
  BOOST_TEST(refuse(one, 0, 7) == 1);
  BOOST_TEST(refuse(one, 1, 7) == 2);
}

BOOST_AUTO_TEST_CASE(it_never_holds_more_than_its_bound_and_those_it_holds_go_on_counting) {
  BOOST_TEST(refuse_all(0, 0, 2 * most) == 1);
  BOOST_TEST(ledger.size() == static_cast<std::size_t>(most));
  BOOST_TEST(refuse_all(0, 0, 2 * most) == 1);
  test::memory_batch of;
  of.add(0, 0, "v");
  BOOST_TEST(ledger.refused(one, of, {refusal(0, 0)}, at).front().attempts == 3);
}

BOOST_AUTO_TEST_CASE(what_is_left_of_other_batches_makes_room) {
  refuse_all(0, 0, most);
  BOOST_TEST(refuse(one, 1, 5) == 1);
  BOOST_TEST(refuse(one, 1, 5) == 2);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rejection_ledger_test
