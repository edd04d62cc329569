#include "actors/processor/core/rejection_ledger.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/memory_batch.hpp"

namespace kfs::rejection_ledger_test {

using namespace std::chrono_literals;

namespace {

const processor_id one{"one"};
const processor_id other{"other"};

rejection rejection_of(partition_number partition, std::int64_t position) {
  return {partition, offset{position}, {ec::record_rejected, "no"}};
}

struct fixture {
  rejection_ledger ledger;
  timestamp at{1'000s};

  /// Has a processor reject one record, and returns how often it has rejected it by then.
  std::int64_t reject(const processor_id& processor, partition_number partition, std::int64_t position) {
    test::memory_batch whole;
    whole.add(partition, position, "v");
    return ledger.rejected(processor, whole, {rejection_of(partition, position)}, at).front().attempts;
  }

  /// Has a processor reject the records [from, next) of a partition in one batch, and returns how often it has rejected
  /// the last of them by then.
  std::int64_t reject_all(partition_number partition, std::int64_t from, std::int64_t next) {
    test::memory_batch whole;
    rejections records;
    for (auto position = from; position < next; ++position) {
      whole.add(partition, position, "v");
      records.push_back(rejection_of(partition, position));
    }
    return ledger.rejected(one, whole, records, at).back().attempts;
  }
};

constexpr auto most = static_cast<std::int64_t>(rejection_ledger::most_records);

}  // namespace

BOOST_FIXTURE_TEST_SUITE(rejection_ledger, fixture)

BOOST_AUTO_TEST_CASE(each_rejection_of_a_record_counts_and_the_time_is_that_of_the_first) {
  BOOST_TEST(reject(one, 0, 7) == 1);
  at += 1s;
  test::memory_batch whole;
  whole.add(0, 7, "v");
  const auto second = ledger.rejected(one, whole, {rejection_of(0, 7)}, at).front();
  BOOST_TEST(second.attempts == 2);
  BOOST_TEST((second.first_failure == timestamp(1'000s)));
}

BOOST_AUTO_TEST_CASE(records_and_processors_are_counted_apart) {
  reject(one, 0, 7);
  BOOST_TEST(reject(one, 0, 8) == 1);
  BOOST_TEST(reject(one, 1, 7) == 1);
  BOOST_TEST(reject(other, 0, 7) == 1);
}

BOOST_AUTO_TEST_CASE(a_record_that_was_handled_is_forgotten) {
  reject(one, 0, 7);
  ledger.forget(one, 0, offset{7});
  BOOST_TEST(ledger.size() == 0u);
  BOOST_TEST(reject(one, 0, 7) == 1);
}

BOOST_AUTO_TEST_CASE(records_that_the_processor_has_moved_past_are_forgotten) {
  reject(one, 0, 7);
  reject(one, 0, 8);
  reject(one, 1, 7);
  reject(other, 0, 7);
  ledger.passed(one, 0, offset{8});
  BOOST_TEST(reject(one, 0, 7) == 1);
  BOOST_TEST(reject(one, 0, 8) == 2);
  BOOST_TEST(reject(one, 1, 7) == 2);
  BOOST_TEST(reject(other, 0, 7) == 2);
}

BOOST_AUTO_TEST_CASE(a_log_that_begins_anew_has_other_records) {
  reject(one, 0, 7);
  reject(one, 1, 7);
  ledger.log_restarted(0);
  BOOST_TEST(reject(one, 0, 7) == 1);
  BOOST_TEST(reject(one, 1, 7) == 2);
}

BOOST_AUTO_TEST_CASE(it_never_holds_more_than_its_bound_and_those_it_holds_go_on_counting) {
  BOOST_TEST(reject_all(0, 0, 2 * most) == 1);
  BOOST_TEST(ledger.size() == static_cast<std::size_t>(most));
  BOOST_TEST(reject_all(0, 0, 2 * most) == 1);
  test::memory_batch whole;
  whole.add(0, 0, "v");
  BOOST_TEST(ledger.rejected(one, whole, {rejection_of(0, 0)}, at).front().attempts == 3);
}

BOOST_AUTO_TEST_CASE(records_of_other_batches_make_room) {
  reject_all(0, 0, most);
  BOOST_TEST(reject(one, 1, 5) == 1);
  BOOST_TEST(reject(one, 1, 5) == 2);
}

BOOST_AUTO_TEST_CASE(accepted_versions_are_known_by_processor_and_stored) {
  std::vector<std::string> stored;
  kfs::rejection_ledger storing([&](const processor_id& processor, const std::string& version) {
    stored.push_back(processor.value + " " + version);
  });
  BOOST_TEST(!storing.accepted_version(one).has_value());
  storing.accepted(one, "1");
  storing.accepted(other, "2");
  storing.accepted(one, "3");
  BOOST_TEST(storing.accepted_version(one).value() == "3");
  BOOST_TEST(storing.accepted_version(other).value() == "2");
  BOOST_TEST(stored == (std::vector<std::string>{"one 1", "other 2", "one 3"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_an_earlier_life_has_stored_is_known_unless_this_one_knows_better) {
  std::vector<std::string> stored;
  kfs::rejection_ledger storing(
      [&](const processor_id& processor, const std::string&) { stored.push_back(processor.value); });
  storing.accepted(one, "2");
  storing.recall({{one, "1"}, {other, "1"}});
  BOOST_TEST(storing.accepted_version(one).value() == "2");
  BOOST_TEST(storing.accepted_version(other).value() == "1");
  BOOST_TEST(stored == std::vector<std::string>{"one"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rejection_ledger_test
