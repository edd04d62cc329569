// What of the audit waits for the store: in batches, in order, and again until it is written.
#include "actors/services/audit_queue.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace kfs::audit_queue_test {

namespace {

struct queue_fixture {
  kfs::audit_queue queue;

  void add(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      audit_entry entry;
      entry.action = std::to_string(added++);
      queue.add(entry);
    }
  }
  /// Writes all that waits; how many entries that were.
  std::size_t write_all() {
    std::size_t count = 0;
    while (const auto batch = queue.begin()) {
      count += batch->entries.size();
      queue.written();
    }
    return count;
  }

  std::size_t added = 0;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(audit_queue, queue_fixture)

BOOST_AUTO_TEST_CASE(entries_are_written_together_in_their_order) {
  add(kfs::audit_queue::most_together + 1);
  const auto first = queue.begin();
  BOOST_TEST_REQUIRE((first != nullptr));
  BOOST_TEST(first->entries.size() == kfs::audit_queue::most_together);
  BOOST_TEST(first->entries.front().action == "0");
  BOOST_TEST(!first->again);
  BOOST_TEST((queue.begin() == nullptr));  // one at a time
  queue.written();
  BOOST_TEST(queue.begin()->entries.front().action == std::to_string(kfs::audit_queue::most_together));
  queue.written();
  BOOST_TEST((queue.begin() == nullptr));
  BOOST_TEST(!queue.is_writing());
}

BOOST_AUTO_TEST_CASE(a_batch_that_failed_comes_again_as_it_was_before_anything_else) {
  add(2);
  const auto first = queue.begin();
  add(1);
  queue.failed();
  const auto again = queue.begin();
  BOOST_TEST((again->entries == first->entries));
  BOOST_TEST(again->again);
  queue.written();
  const auto next = queue.begin();
  BOOST_TEST(next->entries.front().action == "2");
  BOOST_TEST(!next->again);
}

BOOST_AUTO_TEST_CASE(too_many_entries_drop_the_oldest_and_are_counted) {
  add(1);
  (void)queue.begin();
  add(kfs::audit_queue::most_waiting + 3);
  BOOST_TEST(queue.take_dropped() == 0U);  // not before all is written
  queue.written();
  BOOST_TEST(queue.begin()->entries.front().action == "4");
  queue.written();
  write_all();
  BOOST_TEST(queue.take_dropped() == 3U);
  BOOST_TEST(queue.take_dropped() == 0U);
}

BOOST_AUTO_TEST_CASE(how_a_pending_entry_went_is_never_dropped) {
  queue.add(audit_finish{7, audit_outcome::failed, 409});
  add(kfs::audit_queue::most_waiting + 1);
  const auto batch = queue.begin();
  BOOST_TEST_REQUIRE(batch->finished.size() == 1U);
  BOOST_TEST(batch->finished.front().id == 7);
  queue.failed();
  BOOST_TEST(queue.begin()->finished.size() == 1U);
  queue.written();
  BOOST_TEST(queue.begin()->finished.empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::audit_queue_test
