// What the client of librdkafka is told.
#include "actors/kafka/rdkafka_conf.hpp"

#include <boost/test/unit_test.hpp>

#include "tests/unit/doubles/fake_kafka.hpp"

namespace kfs::rdkafka_conf_test {

BOOST_AUTO_TEST_SUITE(rdkafka_conf)

// librdkafka would have no group for it, and would end the process later.
BOOST_AUTO_TEST_CASE(a_stored_group_that_the_client_would_read_otherwise_is_an_error) {
  auto spec = test::example_spec();
  BOOST_TEST(make_consumer_conf(spec, {}, 0).has_value());
  for (const auto* group : {" ", " g"}) {
    spec.consumer_group = group;
    const auto made = make_consumer_conf(spec, {}, 0);
    BOOST_TEST_REQUIRE(!made.has_value());
    BOOST_TEST((made.error().code == ec::invalid_request));
    BOOST_TEST(made.error().message.find("group.id") != std::string::npos, made.error().message);
  }
}

BOOST_AUTO_TEST_CASE(a_password_that_the_client_would_read_otherwise_is_an_error_that_does_not_show_it) {
  consumer_options options;
  options.kafka.properties = {{"sasl.password", " s3cret"}};
  const auto made = make_consumer_conf(test::example_spec(), options, 0);
  BOOST_TEST_REQUIRE(!made.has_value());
  BOOST_TEST(made.error().message.find("s3cret") == std::string::npos, made.error().message);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rdkafka_conf_test
