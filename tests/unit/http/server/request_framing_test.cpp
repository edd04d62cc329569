#include "http/server/request_framing.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace kfs::request_framing_test {

BOOST_AUTO_TEST_SUITE(request_framing)

namespace {

const std::string waiting_post =
    "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nX: y\r\nContent-Length: 4\r\n\r\n";

/// Whether a client that sent these headers waits for 100.
bool waits(const std::string& headers, const std::string& version = "1.1") {
  kfs::request_framing framing;
  framing.receive("POST / HTTP/" + version + "\r\n" + headers + "\r\n");
  return framing.take_expectation();
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_client_waits_for_100_between_its_headers_and_its_body) {
  kfs::request_framing framing;
  for (const char c : waiting_post) {
    BOOST_TEST(!framing.take_expectation());
    framing.receive({&c, 1});
  }
  BOOST_TEST(framing.take_expectation());
  BOOST_TEST(!framing.take_expectation());

  kfs::request_framing with_body;
  with_body.receive(waiting_post + "b");
  BOOST_TEST(!with_body.take_expectation());
}

BOOST_AUTO_TEST_CASE(names_and_values_are_compared_without_case_and_surrounding_blanks) {
  BOOST_TEST(waits("eXpEcT: \t100-CONTINUE \r\nContent-Length: 4\r\n"));
  BOOST_TEST(waits("Content-Length: 4\r\nExpect:100-continue\r\n"));
  BOOST_TEST(waits("Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n"));
}

BOOST_AUTO_TEST_CASE(no_other_request_waits_for_100) {
  BOOST_TEST(!waits("Content-Length: 4\r\n"));
  BOOST_TEST(!waits("Expect: 200-ok\r\nContent-Length: 4\r\n"));
  BOOST_TEST(!waits("Expect: 100-continue" + std::string(1'000, 'a') + "\r\nContent-Length: 4\r\n"));
  BOOST_TEST(!waits("Expected: 100-continue\r\nContent-Length: 4\r\n"));
  BOOST_TEST(!waits("Expect: 100-continue\r\nContent-Length: 4\r\n", "1.0"));
  BOOST_TEST(!waits("Expect: 100-continue\r\nContent-Length: 0\r\n"));
  BOOST_TEST(!waits("Expect: 100-continue\r\n"));
}

BOOST_AUTO_TEST_CASE(each_request_of_a_connection_has_its_own_end_and_expectation) {
  kfs::request_framing framing;
  BOOST_TEST(!framing.receive(waiting_post));
  BOOST_TEST(framing.take_expectation());
  BOOST_TEST(!framing.receive("bo"));
  BOOST_TEST(framing.receive("dyGET / HTTP/1.1\r\nHost: x\r\n\r\nPOST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n"));
  BOOST_TEST(!framing.take_expectation());
  BOOST_TEST(framing.receive("body" + waiting_post));
  BOOST_TEST(framing.take_expectation());
}

BOOST_AUTO_TEST_CASE(an_expectation_in_a_body_or_a_trailer_is_ignored) {
  kfs::request_framing framing;
  framing.receive("POST / HTTP/1.1\r\nContent-Length: 400\r\n\r\n" + waiting_post);
  BOOST_TEST(!framing.take_expectation());

  kfs::request_framing chunked;
  chunked.receive("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nExpect: 100-continue\r\n\r\n");
  BOOST_TEST(!chunked.take_expectation());
  chunked.receive("POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\n");
  BOOST_TEST(!chunked.take_expectation());
}

BOOST_AUTO_TEST_CASE(after_bytes_that_are_not_http_no_request_is_found) {
  for (const std::string first : {"hello\r\n\r\n", "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"}) {
    kfs::request_framing framing;
    framing.receive(first);
    BOOST_TEST(!framing.receive("GET / HTTP/1.1\r\n\r\n"));
    framing.receive(waiting_post);
    BOOST_TEST(!framing.take_expectation());
  }
}

BOOST_AUTO_TEST_CASE(http_1_0_is_known_after_the_headers_and_remembered) {
  kfs::request_framing framing;
  framing.receive("GET / HTTP/1.1\r\n\r\nGET / HTTP/1.0\r\nHost: x\r\n");
  BOOST_TEST(!framing.saw_http_1_0());
  framing.receive("\r\n");
  BOOST_TEST(framing.saw_http_1_0());
  framing.receive("GET / HTTP/1.1\r\n\r\n");
  BOOST_TEST(framing.saw_http_1_0());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::request_framing_test
