#include "actors/kept_text.hpp"

#include <boost/test/unit_test.hpp>
#include <stdexcept>

#include "actors/messages.hpp"

namespace kfs::kept_text_test {

BOOST_AUTO_TEST_SUITE(kept_text)

BOOST_AUTO_TEST_CASE(a_text_is_made_once) {
  const kfs::kept_text text;
  BOOST_TEST(text.get([] { return std::string("first"); }) == "first");
  BOOST_TEST(text.get([] { return std::string("second"); }) == "first");
}

BOOST_AUTO_TEST_CASE(a_text_that_could_not_be_made_is_made_by_the_next_call) {
  const kfs::kept_text text;
  BOOST_CHECK_THROW(text.get([]() -> std::string { throw std::runtime_error("no memory"); }), std::runtime_error);
  BOOST_TEST(text.get([] { return std::string("second"); }) == "second");
}

BOOST_AUTO_TEST_CASE(copies_of_a_view_share_its_answer_and_views_do_not) {
  const consumer_view view;
  const consumer_view copy = view;
  const consumer_view other;
  BOOST_TEST(view.answer->get([] { return std::string("view"); }) == "view");
  BOOST_TEST(copy.answer->get([] { return std::string("copy"); }) == "view");
  BOOST_TEST(other.answer->get([] { return std::string("other"); }) == "other");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::kept_text_test
