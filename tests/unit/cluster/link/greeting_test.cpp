// What two replicas say at the begin of a link.

#include "cluster/link/greeting.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/support/holds_value.hpp"

namespace kfs::greeting_test {

BOOST_AUTO_TEST_SUITE(greeting)

BOOST_AUTO_TEST_CASE(a_greeting_is_read_as_it_was_written_but_for_the_address) {
  const link_peer self{.replica = {"a \"b\""}, .run = {"run"}, .protocol = 3, .address = "127.0.0.1:7"};
  const auto read = from_greeting(to_greeting(self));
  BOOST_TEST_REQUIRE(test::holds_value(read));
  BOOST_TEST((*read == link_peer{.replica = {"a \"b\""}, .run = {"run"}, .protocol = 3, .address = {}}));
}

BOOST_AUTO_TEST_CASE(members_of_another_version_are_ignored) {
  BOOST_TEST(from_greeting(R"({"protocol":1,"replica":"a","run":"b","later":[1]})").has_value());
}

BOOST_AUTO_TEST_CASE(anything_else_is_refused) {
  for (const std::string text :
       {"", "x", "[]", "null", "{}", R"({"protocol":1,"replica":"a"})", R"({"protocol":"1","replica":"a","run":"b"})",
        R"({"protocol":-1,"replica":"a","run":"b"})", R"({"protocol":1.5,"replica":"a","run":"b"})",
        R"({"protocol":99999999999,"replica":"a","run":"b"})", R"({"protocol":1,"replica":1,"run":"b"})",
        R"({"protocol":1,"replica":"a","run":null})"}) {
    const auto read = from_greeting(text);
    BOOST_TEST(!read.has_value(), text);
    BOOST_TEST((read || read.error().code == ec::invalid_request));
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::greeting_test
