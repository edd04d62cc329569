#include <boost/test/unit_test.hpp>

#include "processors/http/answers.hpp"

namespace kfs::http_answers_test {

namespace {

struct reading {
  http_sink_options options;
  answer_reader reader{options};

  reading() {
    options.to.shown = "http://a/in";
    options.follow_redirects = true;
  }

  [[nodiscard]] verdict verdict_of(int status) const { return reader.verdict_of({.status = status}); }
  [[nodiscard]] error fault_of(int status) const { return reader.fault_of({.status = status}); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(http_answers, reading)

BOOST_AUTO_TEST_CASE(every_status_has_its_verdict) {
  for (int status = 0; status < 600; ++status) {
    auto expected = verdict::endpoint_fault;
    if (status >= 200 && status < 300) expected = verdict::accepted;
    if (status >= 400 && status < 500) expected = verdict::record_fault;
    for (const int about_the_endpoint : {401, 402, 403, 404, 405, 407, 408, 421, 425, 426, 429}) {
      if (status == about_the_endpoint) expected = verdict::endpoint_fault;
    }
    BOOST_TEST((verdict_of(status) == expected), status);
  }
  BOOST_TEST((reader.verdict_of({.status = 307, .location = "http://a/there"}) == verdict::redirect));
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_denies_every_request_says_what_to_correct) {
  for (const auto& [status, part] :
       {std::pair(401, "bearer_token"), std::pair(403, "credentials"), std::pair(404, "path of endpoint_url"),
        std::pair(405, "method"), std::pair(402, "paid"), std::pair(407, "proxy"),
        std::pair(421, "host of endpoint_url"), std::pair(426, "scheme")}) {
    const auto fault = fault_of(status);
    BOOST_TEST((fault.code == ec::sink_denied));
    BOOST_TEST(fault.message.starts_with("POST http://a/in answered " + std::to_string(status) + " ("), fault.message);
    BOOST_TEST(fault.message.find(part) != std::string::npos, fault.message);
  }
}

BOOST_AUTO_TEST_CASE(an_endpoint_that_is_overloaded_or_broken_is_unavailable) {
  for (const int status : {408, 425, 429, 500, 503, 599}) {
    BOOST_TEST((fault_of(status).code == ec::sink_unavailable));
    BOOST_TEST(fault_of(status).message.starts_with("POST http://a/in answered " + std::to_string(status)));
  }
  BOOST_TEST(fault_of(503).message == "POST http://a/in answered 503 (Service Unavailable)");
  BOOST_TEST(fault_of(599).message == "POST http://a/in answered 599");
}

BOOST_AUTO_TEST_CASE(a_redirect_that_cannot_be_followed_says_what_to_correct) {
  const auto says = [&](int status, std::string_view part) {
    return fault_of(status).message.find(part) != std::string::npos;
  };
  BOOST_TEST(says(307, "without a Location"));
  for (const int status : {300, 303, 304, 305, 399}) {
    BOOST_TEST(says(status, "correct endpoint_url"));
    BOOST_TEST(!says(status, "follow_redirects"));
  }
  options.follow_redirects = false;
  BOOST_TEST(says(307, "follow_redirects"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::http_answers_test
