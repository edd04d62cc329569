#include "http/server/request_framing.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

using namespace kfs;

BOOST_AUTO_TEST_SUITE(request_framing)

namespace {

const std::string waiting_post =
    "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nX: y\r\nContent-Length: 4\r\n\r\n";

/// Whether a client that sent these headers, a blank line to come, waits for 100.
bool waits(const std::string& headers, const std::string& version = "1.1") {
  kfs::request_framing followed;
  followed.receive("POST / HTTP/" + version + "\r\n" + headers + "\r\n");
  return followed.take_expectation();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_waits_for_100_from_the_end_of_its_headers_to_the_begin_of_its_body) {
  kfs::request_framing followed;
  for (const char c : waiting_post) {
    BOOST_TEST(!followed.take_expectation());
    followed.receive({&c, 1});
  }
  BOOST_TEST(followed.take_expectation());
  BOOST_TEST(!followed.take_expectation());

  kfs::request_framing with_body;
  with_body.receive(waiting_post + "b");
  BOOST_TEST(!with_body.take_expectation());
}

BOOST_AUTO_TEST_CASE(names_and_values_are_compared_without_case_and_spaces) {
  BOOST_TEST(waits("eXpEcT: \t100-CONTINUE \r\nContent-Length: 4\r\n"));
  BOOST_TEST(waits("Content-Length: 4\r\nExpect:100-continue\r\n"));
  BOOST_TEST(waits("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"));
}

BOOST_AUTO_TEST_CASE(nothing_else_waits_for_100) {
  BOOST_TEST(!waits("Content-Length: 4\r\n"));
  BOOST_TEST(!waits("Expect: 200-ok\r\nContent-Length: 4\r\n"));
  BOOST_TEST(!waits("Expect: 100-continue" + std::string(1'000, 'a') + "\r\nContent-Length: 4\r\n"));
  BOOST_TEST(!waits("Expected: 100-continue\r\nContent-Length: 4\r\n"));
  BOOST_TEST(!waits("Expect: 100-continue\r\nContent-Length: 4\r\n", "1.0"));
  BOOST_TEST(!waits("Expect: 100-continue\r\nContent-Length: 0\r\n"));
  BOOST_TEST(!waits("Expect: 100-continue\r\n"));
}

BOOST_AUTO_TEST_CASE(each_request_of_a_connection_has_an_end_and_an_expectation_of_its_own) {
  kfs::request_framing followed;
  BOOST_TEST(!followed.receive(waiting_post));
  BOOST_TEST(followed.take_expectation());
  BOOST_TEST(!followed.receive("bo"));
  BOOST_TEST(followed.receive("dyGET / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n"));
  BOOST_TEST(!followed.take_expectation());
  BOOST_TEST(followed.receive("body" + waiting_post));
  BOOST_TEST(followed.take_expectation());
}

BOOST_AUTO_TEST_CASE(an_expectation_in_a_body_or_a_trailer_is_none) {
  kfs::request_framing followed;
  followed.receive("POST / HTTP/1.1\r\nContent-Length: 400\r\n\r\n" + waiting_post);
  BOOST_TEST(!followed.take_expectation());

  kfs::request_framing chunked;
  chunked.receive("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(!chunked.take_expectation());
  chunked.receive("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n");
  BOOST_TEST(!chunked.take_expectation());
}

BOOST_AUTO_TEST_CASE(what_is_no_http_is_followed_no_further) {
  for (const std::string first : {"hello\r\n\r\n", "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"}) {
    kfs::request_framing followed;
    followed.receive(first);
    BOOST_TEST(!followed.receive("GET / HTTP/1.1\r\n\r\n"));
    followed.receive(waiting_post);
    BOOST_TEST(!followed.take_expectation());
  }
}

BOOST_AUTO_TEST_CASE(http_1_0_is_seen_with_the_headers_and_remembered) {
  kfs::request_framing followed;
  followed.receive("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\nHost: x\r\n");
  BOOST_TEST(!followed.saw_http_1_0());
  followed.receive("\r\n");
  BOOST_TEST(followed.saw_http_1_0());
  followed.receive("GET / HTTP/1.1\r\n\r\n");
  BOOST_TEST(followed.saw_http_1_0());
}

BOOST_AUTO_TEST_SUITE_END()
