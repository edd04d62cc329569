#include "http/message/answers.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::answers_test {

BOOST_AUTO_TEST_SUITE(answers)

BOOST_AUTO_TEST_CASE(json_texts_become_the_elements_of_an_array) {
  BOOST_TEST(json_array({}) == "[]");
  BOOST_TEST(json_array({"{}"}) == "[{}]");
  BOOST_TEST(json_array({"{}", R"({"a":1})", "2"}) == R"([{},{"a":1},2])");
}

BOOST_AUTO_TEST_CASE(what_is_accepted_is_answered_with_a_message) {
  const auto response = accepted("It begins");
  BOOST_TEST(response.status == 202);
  BOOST_TEST(response.body == R"({"message":"It begins"})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::answers_test
