// What users read of failures that librdkafka reports.
#include "actors/kafka/rdkafka_errors.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::rdkafka_errors_test {

BOOST_AUTO_TEST_SUITE(rdkafka_errors)

BOOST_AUTO_TEST_CASE(scram_that_brokers_of_kafka_4_reject_is_told_with_the_version) {
  constexpr const char* reason = "Authentication failed due to invalid credentials with SASL mechanism SCRAM-SHA-512";
  const auto advice = advice_on_scram(reason, 0x020002ff);
  BOOST_TEST(advice.find("librdkafka 2.0.2") != std::string::npos, advice);
  BOOST_TEST(advice_on_scram(reason, 0x020600ff).find("librdkafka 2.6.0") != std::string::npos);
  BOOST_TEST(advice_on_scram(reason, 0x020601ff).empty());
  BOOST_TEST(advice_on_scram(reason, 0x020800ff).empty());
  BOOST_TEST(advice_on_scram("Authentication failed: Invalid username or password", 0x020002ff).empty());
}

BOOST_AUTO_TEST_CASE(a_message_says_what_failed_where_why_and_what_to_do) {
  const auto failed = to_error(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "denied\n",
                               {.action = "read topic \"t\"", .brokers = "127.0.0.1:9092"});
  BOOST_TEST((failed.code == ec::authorization_failed));
  BOOST_TEST(
      failed.message ==
      "cannot read topic \"t\" at 127.0.0.1:9092: denied\\n; grant this user access to the topic and the group in "
      "the cluster's ACLs");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rdkafka_errors_test
