// The revisions at which a command may take effect.
#include "actors/core/revision_condition.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::revision_conditions_test {

BOOST_AUTO_TEST_SUITE(revision_conditions)

BOOST_AUTO_TEST_CASE(without_a_condition_any_revision_is_allowed) {
  BOOST_TEST(revision_condition{}.check(revision{3}).has_value());
}

BOOST_AUTO_TEST_CASE(a_listed_tag_must_be_that_of_the_current_revision) {
  const revision_condition condition{
      .allowed = revision_condition::allows::listed_tags, .tags = {"1", "3"}, .subject = "Consumer x"};
  BOOST_TEST(condition.check(revision{3}).has_value());
  const auto refused = condition.check(revision{2});
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST((refused.error().code == ec::stale_revision));
  BOOST_TEST(refused.error().message.starts_with("Consumer x is at revision 2, which If-Match does not name"));
}

BOOST_AUTO_TEST_CASE(an_unreadable_header_allows_no_revision) {
  const revision_condition condition{.allowed = revision_condition::allows::nothing, .tags = {}, .subject = {}};
  BOOST_TEST(!condition.check(revision{1}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::revision_conditions_test
