#include "actors/processor/batch_delivery.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/memory_batch.hpp"

namespace kfs::batch_delivery_test {

namespace {

struct fixture {
  batch_ptr whole = std::make_shared<const test::memory_batch>(test::numbered(3));
  kfs::batch_delivery delivery{whole};
};

rejection rejection_at(std::int64_t position) {
  return {0, offset{position}, {ec::record_rejected, "no"}};
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(batch_delivery, fixture)

BOOST_AUTO_TEST_CASE(a_batch_of_which_nothing_is_left_out_is_not_copied) {
  BOOST_TEST(&delivery.remaining() == whole.get());
}

BOOST_AUTO_TEST_CASE(records_are_left_out_and_the_ranges_stay) {
  delivery.leave_out({{0, offset{0}}});
  delivery.leave_out({{0, offset{2}}});
  const auto& remaining = delivery.remaining();
  BOOST_REQUIRE(remaining.records().size() == 1u);
  BOOST_TEST(remaining.records().front().position.value == 1);
  BOOST_TEST((remaining.ranges() == whole->ranges()));
  BOOST_TEST(&delivery.remaining() == &remaining);
}

BOOST_AUTO_TEST_CASE(rejected_records_are_found_in_their_order_and_null_marks_one_that_was_not_offered) {
  delivery.leave_out({{0, offset{1}}});
  static_cast<void>(delivery.remaining());
  const auto found = delivery.find({rejection_at(2), rejection_at(1), rejection_at(0)});
  BOOST_REQUIRE(found.size() == 3u);
  BOOST_TEST(found[0]->position.value == 2);
  BOOST_TEST((found[1] == nullptr));
  BOOST_TEST(found[2]->position.value == 0);
}

BOOST_AUTO_TEST_CASE(the_text_names_partitions_and_offsets_and_has_a_bound) {
  record_places places;
  for (std::int64_t position = 0; position < 23; ++position) places.insert({4, offset{position}});
  const auto text = to_text(places);
  BOOST_TEST(text.starts_with("4/0, 4/1, "), text);
  BOOST_TEST(text.ends_with("4/19 and 3 more"), text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::batch_delivery_test
