#include <boost/test/unit_test.hpp>

#include "config/postgres/store_url.hpp"
#include "tests/support/holds_value.hpp"

namespace kfs::store_url_test {

BOOST_AUTO_TEST_SUITE(store_url)

BOOST_AUTO_TEST_CASE(a_url_gives_a_bounded_connection_and_a_place_without_user_and_password) {
  const auto target = parse_postgres_url("postgresql://u:p%40%27%5Cw@db.local:5433/kfs?sslmode=require");
  BOOST_TEST_REQUIRE(test::holds_value(target));
  BOOST_TEST(target->place == "db.local:5433/kfs");
  for (const std::string part : {"password='p@\\'\\\\w'", "sslmode='require'", "connect_timeout='3'"}) {
    BOOST_TEST(target->connection.find(part) != std::string::npos, target->connection);
  }
}

BOOST_AUTO_TEST_CASE(several_hosts_are_allowed) {
  BOOST_TEST(parse_postgres_url("postgres://u@a:1,b:2/kfs?target_session_attrs=read-write")->place == "a,b:1,2/kfs");
}

BOOST_AUTO_TEST_CASE(a_connect_timeout_of_the_url_does_not_lift_the_bound) {
  const auto target = parse_postgres_url("postgresql://h/d?connect_timeout=600");
  BOOST_TEST(target->connection.find("600") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(what_is_no_such_url_is_rejected_without_repeating_any_of_it) {
  for (const std::string url :
       {"s3cret", "mysql://u:s3cret@h/d", "host=h password=s3cret", "postgresql://u:s3@cret@h/d",
        "postgresql://u:12/s3cret@h/d", "postgresql://u:s3cret/x@h/d", "postgresql://u:p@h:s3cret/d",
        "postgresql://u:s3cret%zz@h/d", "postgresql://u:p@h/d?s3cret=1", "postgresql://u:p@h:70000/d"}) {
    const auto target = parse_postgres_url(url);
    BOOST_TEST(!target.has_value(), url);
    if (target) continue;
    BOOST_TEST(to_string(target.error().code) == "invalid_request");
    BOOST_TEST(target.error().message.find("s3") == std::string::npos, target.error().message);
    BOOST_TEST(target.error().message.find("postgresql://USER:PASSWORD@HOST") != std::string::npos);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::store_url_test
