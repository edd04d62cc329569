// At which revision a command may take effect.
#include "actors/core/revision_condition.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::revision_conditions_test {

BOOST_AUTO_TEST_SUITE(revision_conditions)

BOOST_AUTO_TEST_CASE(without_a_condition_any_revision_will_do) {
  BOOST_TEST(revision_condition{}.check(revision{3}).has_value());
}

BOOST_AUTO_TEST_CASE(one_of_the_listed_tags_has_to_be_the_current_one) {
  const revision_condition condition{
      .allowed = revision_condition::allows::listed_tags, .tags = {"1", "3"}, .subject = "Consumer x"};
  BOOST_TEST(condition.check(revision{3}).has_value());
  const auto refused = condition.check(revision{2});
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::stale_revision));
  BOOST_TEST(refused.error().message.starts_with("Consumer x is at revision 2, which If-Match does not name"));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_read_allows_nothing) {
  const revision_condition condition{.allowed = revision_condition::allows::nothing, .tags = {}, .subject = {}};
  BOOST_TEST(!condition.check(revision{1}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::revision_conditions_test
