#include "config/base/endpoint.hpp"

#include <boost/test/unit_test.hpp>
#include <string>

namespace kfs::endpoint_test {

using kfs::is_host_name;
using kfs::parse_endpoint;
using kfs::parse_endpoints;
using kfs::parse_ip;

BOOST_AUTO_TEST_SUITE(endpoint)

BOOST_AUTO_TEST_CASE(names_and_addresses_are_read_with_their_port) {
  BOOST_TEST((parse_endpoint("kafka_1.example:9092") == kfs::endpoint{"kafka_1.example", 9092}));
  BOOST_TEST((parse_endpoint("10.0.0.1:1") == kfs::endpoint{"10.0.0.1", 1}));
  BOOST_TEST((parse_endpoint("[::1]:65535") == kfs::endpoint{"::1", 65535}));
}

BOOST_AUTO_TEST_CASE(an_endpoint_is_written_as_it_is_read) {
  for (const std::string text : {"localhost:9092", "127.0.0.1:9092", "[2001:db8::1]:9092"}) {
    const auto place = parse_endpoint(text);
    BOOST_REQUIRE(place.has_value());
    BOOST_TEST(to_string(*place) == text);
  }
}

BOOST_AUTO_TEST_CASE(what_is_not_one_host_and_one_port_is_rejected) {
  for (const char* const text : {"",
                                 ":",
                                 "localhost",
                                 "localhost:",
                                 ":9092",
                                 "localhost:0",
                                 "localhost:65536",
                                 "localhost:-1",
                                 "localhost:+1",
                                 "localhost:9092x",
                                 "localhost: 9092",
                                 "::1:9092",
                                 "[::1]",
                                 "[::1",
                                 "[localhost]:9092",
                                 "[127.0.0.1]:9092",
                                 "PLAINTEXT://localhost:9092",
                                 "user@host:9092",
                                 "a b:9092",
                                 "256.1.1.1:9092",
                                 "127.1:9092",
                                 "2130706433:9092",
                                 "0x7f.1:9092",
                                 "-a:9092",
                                 "a..b:9092",
                                 "fe80::1%lo:9092"}) {
    BOOST_TEST(!parse_endpoint(text).has_value(), text);
  }
}

BOOST_AUTO_TEST_CASE(a_list_keeps_its_order_and_ignores_blanks_around_entries) {
  const auto list = parse_endpoints(" b:1 ,a:2,[::1]:3");
  BOOST_REQUIRE(list.has_value());
  BOOST_REQUIRE(list->size() == 3U);
  BOOST_TEST(to_string((*list)[0]) == "b:1");
  BOOST_TEST(to_string((*list)[1]) == "a:2");
  BOOST_TEST(to_string((*list)[2]) == "[::1]:3");
}

BOOST_AUTO_TEST_CASE(a_mistake_in_a_list_is_told_by_the_number_of_its_entry_without_repeating_it) {
  const auto list = parse_endpoints("a:1,s3cret");
  BOOST_REQUIRE(!list.has_value());
  BOOST_TEST(list.error().message.find("entry 2 ") == 0U);
  BOOST_TEST(list.error().message.find("s3cret") == std::string::npos);
  BOOST_TEST(!parse_endpoints("a:1,,b:2").has_value());
  BOOST_TEST(!parse_endpoints("a:1,").has_value());
  BOOST_TEST(!parse_endpoints("").has_value());
}

BOOST_AUTO_TEST_CASE(a_host_name_obeys_the_limits_of_the_dns) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'a');
  BOOST_TEST(is_host_name(longest));
  BOOST_TEST(is_host_name(longest + "."));
  BOOST_TEST(!is_host_name(longest + "a"));
  BOOST_TEST(!is_host_name(std::string(64, 'a')));
  BOOST_TEST(!is_host_name("."));
  BOOST_TEST(!is_host_name("a.."));
}

BOOST_AUTO_TEST_CASE(an_address_is_read_in_its_full_form_only) {
  BOOST_TEST(parse_ip("127.0.0.1").value().size() == 4U);
  BOOST_TEST(parse_ip("::ffff:127.0.0.1").value().size() == 16U);
  BOOST_TEST(!parse_ip("127.1").has_value());
  BOOST_TEST(!parse_ip("127.0.0.01").has_value());
  BOOST_TEST(!parse_ip("[::1]").has_value());
  BOOST_TEST(!parse_ip(std::string("::1\0", 4)).has_value());
}

BOOST_AUTO_TEST_CASE(all_spellings_of_a_host_have_one_text) {
  for (const auto* here : {"127.0.0.1", "LocalHost", "localhost.", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1",
                           "::FFFF:7f00:1", "ip6-localhost", "localhost.localdomain"})
    BOOST_TEST(canonical_host(here) == "localhost", here);
  BOOST_TEST(canonical_host("127.0.0.2") == "127.0.0.2");
  BOOST_TEST(canonical_host("::ffff:10.0.0.1") == "10.0.0.1");
  BOOST_TEST(canonical_host("2001:0DB8:0::0:1") == "2001:db8::1");
  BOOST_TEST(canonical_host("Kafka.Example.") == "kafka.example");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::endpoint_test
