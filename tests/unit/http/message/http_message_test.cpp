#include "http/message/http_message.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::http_message_test {

BOOST_AUTO_TEST_SUITE(http_message)

namespace {

http_response with_status(int status) {
  http_response response;
  response.status = status;
  return response;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_responder_answers_once) {
  std::vector<int> sent;
  responder respond([&](const http_response& response) { sent.push_back(response.status); });
  respond.answer(with_status(200));
  respond.answer(with_status(404));
  BOOST_TEST(sent == std::vector<int>{200}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_responder_destroyed_unanswered_answers_500) {
  std::vector<int> sent;
  {
    responder respond([&](const http_response& response) { sent.push_back(response.status); });
    const responder moved(std::move(respond));
    BOOST_TEST(sent.empty());
  }
  BOOST_TEST(sent == std::vector<int>{500}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::http_message_test
