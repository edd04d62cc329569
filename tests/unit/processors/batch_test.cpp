#include "processors/batch.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/memory_batch.hpp"

namespace kfs::batch_test {

BOOST_AUTO_TEST_SUITE(batch)

BOOST_AUTO_TEST_CASE(what_is_left_of_a_batch_keeps_order_ranges_and_source) {
  const auto whole = std::make_shared<test::memory_batch>();
  for (std::int64_t position = 0; position < 3; ++position) {
    whole->add(0, position, "zero-" + std::to_string(position));
    whole->add(1, position, "one-" + std::to_string(position));
  }
  const remaining_batch left(whole, {{0, offset{1}}, {1, offset{2}}});
  std::vector<std::string> values;
  for (const auto& one : left.records()) values.emplace_back(one.value);
  const std::vector<std::string> expected{"zero-0", "one-0", "one-1", "zero-2"};
  BOOST_TEST(values == expected, boost::test_tools::per_element());
  BOOST_TEST(left.bytes() == std::string("zero-0one-0one-1zero-2").size());
  BOOST_REQUIRE(left.ranges().size() == whole->ranges().size());
  for (std::size_t i = 0; i < left.ranges().size(); ++i) BOOST_TEST((left.ranges()[i].next == whole->ranges()[i].next));
  BOOST_TEST(&left.source() == &whole->source());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::batch_test
