#include "http/application/router.hpp"

#include <boost/test/unit_test.hpp>

#include "config/base/percent.hpp"
#include "http/message/uri.hpp"

namespace kfs::router_test {

BOOST_AUTO_TEST_SUITE(router)

namespace {

const kfs::router& routes() {
  static const kfs::router instance({{"GET", "/", {}},
                                     {"GET", "/consumers", {}},
                                     {"POST", "/consumers", {}},
                                     {"GET", "/consumers/{consumer_id}", {}},
                                     {"POST", "/consumers/{consumer_id}/start", {}}});
  return instance;
}

std::string found(std::string_view method, std::string_view path) {
  const auto match = routes().match(method, path);
  return match.found == nullptr ? "none" : match.found->method + " " + match.found->path_template;
}

using texts = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_CASE(a_path_means_the_same_with_a_trailing_slash_and_below_api) {
  for (const auto* path : {"/consumers", "/consumers/", "/api/consumers", "/api/consumers/"}) {
    BOOST_TEST(found("GET", path) == "GET /consumers");
  }
}

BOOST_AUTO_TEST_CASE(a_placeholder_takes_one_decoded_segment_that_is_not_empty) {
  BOOST_TEST(routes().match("GET", "/consumers/a%2Fb%20c").parameters == texts{"a/b c"},
             boost::test_tools::per_element());
  BOOST_TEST(found("POST", "/consumers//start") == "none");
  BOOST_TEST(found("GET", "/consumers/a/b") == "none");
}

BOOST_AUTO_TEST_CASE(head_finds_the_route_of_get) {
  BOOST_TEST(found("HEAD", "/") == "GET /");
}

BOOST_AUTO_TEST_CASE(a_known_path_names_its_methods_when_the_method_is_not_one_of_them) {
  const auto match = routes().match("DELETE", "/consumers");
  BOOST_TEST(match.found == nullptr);
  BOOST_TEST(match.allowed == (texts{"GET", "HEAD", "POST", "OPTIONS"}), boost::test_tools::per_element());
  BOOST_TEST(match.path_template == "/consumers");
}

BOOST_AUTO_TEST_CASE(an_unknown_path_allows_nothing) {
  for (const auto* path : {"/nothing", "/api", "*", "", "/consumers/x/halt"}) {
    BOOST_TEST(routes().match("GET", path).allowed.empty());
  }
}

BOOST_AUTO_TEST_CASE(a_target_is_cut_into_path_and_decoded_query) {
  const auto target = parse_target("http://host:1/a%20b?x=1+2&y&&z=%zz#fragment");
  BOOST_TEST(target.path == "/a%20b");
  const name_value_pairs expected{{"x", "1 2"}, {"y", ""}, {"z", "%zz"}};
  BOOST_TEST((target.query == expected));
}

BOOST_AUTO_TEST_CASE(percent_encoding_comes_back_as_it_was) {
  const std::string text("a/b \xC3\xA9%\0", 8);
  BOOST_TEST(percent_decoded(percent_encoded(text)) == text);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::router_test
