#include "processors/http/accepted_places.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::accepted_places_test {

namespace {

batch_range range(partition_number partition, std::int64_t first, std::int64_t next) {
  return {.partition = partition, .first = offset{first}, .next = offset{next}};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(accepted_places)

BOOST_AUTO_TEST_CASE(places_are_kept_until_their_offsets_are_written) {
  kfs::accepted_places places;
  places.add({{0, offset{3}}, {0, offset{7}}, {1, offset{7}}});
  places.add({{0, offset{9}}});
  places.written({range(0, 0, 3)});
  BOOST_TEST(places.all().size() == 4u);
  places.written({range(0, 0, 8)});
  BOOST_TEST((places.all() == record_places{{0, offset{9}}, {1, offset{7}}}));
}

BOOST_AUTO_TEST_CASE(places_before_a_range_that_is_written_are_forgotten) {
  kfs::accepted_places places;
  places.add({{0, offset{3}}, {0, offset{7}}, {1, offset{3}}});
  places.written({range(0, 5, 6), range(2, 0, 100)});
  BOOST_TEST((places.all() == record_places{{0, offset{7}}, {1, offset{3}}}));
}

BOOST_AUTO_TEST_CASE(all_places_can_be_forgotten) {
  kfs::accepted_places places;
  places.add({{0, offset{3}}, {1, offset{3}}});
  places.forget_all();
  BOOST_TEST(places.all().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::accepted_places_test
