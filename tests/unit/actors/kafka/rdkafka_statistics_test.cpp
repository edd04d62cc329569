#include "actors/kafka/rdkafka_statistics.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::rdkafka_statistics_test {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(rdkafka_statistics)

BOOST_AUTO_TEST_CASE(the_connected_broker_that_answered_last_counts) {
  const auto sample = read_statistics(R"({"brokers":{
      "a:1/1":{"state":"UP","rxidle":9000000},
      "b:1/2":{"state":"UP","rxidle":40000},
      "c:1/bootstrap":{"state":"DOWN","rxidle":5},
      "d:1/3":{"state":"UP","rxidle":-1}},
      "topics":{"t":{"partitions":{"0":{}}}},
      "cgrp":{"state":"up","join_state":"steady"}})",
                                      true);
  BOOST_REQUIRE(sample.has_value());
  BOOST_TEST(sample->broker_up);
  BOOST_TEST((sample->since_answer == 40ms));
  BOOST_TEST(sample->joined);
}

BOOST_AUTO_TEST_CASE(without_a_connected_broker_the_sample_says_so) {
  const auto sample = read_statistics(R"({"brokers":{"a:1/bootstrap":{"state":"TRY_CONNECT","rxidle":-1}}})", true);
  BOOST_REQUIRE(sample.has_value());
  BOOST_TEST(!sample->broker_up);
  BOOST_TEST(!sample->joined);
}

BOOST_AUTO_TEST_CASE(explicit_partitions_need_no_group) {
  BOOST_TEST(read_statistics(R"({"brokers":{}})", false)->joined);
}

BOOST_AUTO_TEST_CASE(explicit_partitions_that_the_topic_does_not_have_are_not_counted) {
  const auto sample = read_statistics(
      R"({"brokers":{},"topics":{"t":{"topic":"t","age":1,"partitions":{"0":{"partition":0,"unknown":false},
      "1":{"partition":1,"unknown":false},"9":{"partition":9,"unknown":true},"-1":{"unknown":false}}}}})",
      false);
  BOOST_TEST_REQUIRE(sample->partitions.has_value());
  BOOST_TEST(*sample->partitions == 2);
  BOOST_TEST((read_statistics(R"({"topics":{"t":{"partitions":{"0":{"unknown":true}}}}})", false)->partitions == 0));
  BOOST_TEST(!read_statistics(R"({"brokers":{}})", false)->partitions);
}

BOOST_AUTO_TEST_CASE(figures_are_the_sums_of_all_brokers_and_the_longest_throttling) {
  const auto sample = read_statistics(R"({"brokers":{
      "a:1/1":{"state":"UP","rxidle":1,"req_timeouts":2,"disconnects":3,
               "rtt":{"avg":7,"max":9},"throttle":{"min":1,"max":90,"avg":40}},
      "GroupCoordinator":{"state":"UP","rxidle":1,"req_timeouts":1,"disconnects":0,"throttle":{"avg":25}},
      "b:1/2":{"state":"DOWN","rxidle":-1,"req_timeouts":0,"disconnects":4}},
      "topics":{"t":{"partitions":{"0":{}}}}})",
                                      true);
  BOOST_REQUIRE(sample.has_value());
  BOOST_TEST((sample->figures == client_figures{.connections = 2, .throttle = 40ms, .timeouts = 3, .disconnects = 7}));
}

BOOST_AUTO_TEST_CASE(text_that_is_no_statistics_document_gives_nullopt) {
  BOOST_TEST(!read_statistics("{", true).has_value());
  BOOST_TEST(!read_statistics("[]", true).has_value());
}

BOOST_AUTO_TEST_CASE(the_partitions_of_the_topic_are_counted_without_the_internal_partition) {
  const auto counted = [](const std::string& partitions, bool grouped) {
    return read_statistics(R"({"brokers":{"a:1/1":{"state":"UP","rxidle":1,"toppars":{"t-0":{"0":1,"1":2}}}},
        "topics":{"t":{"topic":"t","batchsize":{"0":1},"partitions":)" +
                               partitions + R"(}},"cgrp":{"join_state":"steady"}})",
                           grouped)
        ->partitions;
  };
  BOOST_TEST((counted(R"({"0":{"txmsgs":0,"a":{"0":1}},"1":{},"-1":{}})", true) == 2));
  BOOST_TEST(!counted(R"({"-1":{}})", true).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::rdkafka_statistics_test
