#include "config/base/address_policy.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <boost/test/unit_test.hpp>

#include "config/base/text.hpp"

namespace kfs::address_policy_test {

namespace {

kfs::address_policy policy_of(const std::string& list) {
  return kfs::address_policy::parse(kfs::split_list(list), "ALLOWED").value();
}

bool connects(const kfs::address_policy& policy, const std::string& ip, std::string_view host) {
  if (ip.find(':') == std::string::npos) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    BOOST_REQUIRE(::inet_pton(AF_INET, ip.c_str(), &address.sin_addr) == 1);
    return policy.check_address(reinterpret_cast<const sockaddr*>(&address), host).has_value();
  }
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  BOOST_REQUIRE(::inet_pton(AF_INET6, ip.c_str(), &address.sin6_addr) == 1);
  return policy.check_address(reinterpret_cast<const sockaddr*>(&address), host).has_value();
}

bool may_name(const kfs::address_policy& policy, std::string_view host) {
  return policy.check_host(host).has_value();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(address_policy)

BOOST_AUTO_TEST_CASE(an_empty_list_allows_names_loopback_private_and_public_addresses) {
  const kfs::address_policy any;
  for (const char* const host : {"kafka.example", "localhost", "127.0.0.1", "::1", "[::1]", "10.1.2.3", "8.8.8.8"}) {
    BOOST_TEST(may_name(any, host), host);
  }
  for (const char* const ip : {"127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "8.8.8.8", "fd00::1", "2001:db8::1"}) {
    BOOST_TEST(connects(any, ip, "kafka.example"), ip);
  }
}

BOOST_AUTO_TEST_CASE(link_local_metadata_and_multicast_addresses_are_rejected_whatever_the_list_says) {
  for (const auto& policy : {kfs::address_policy(), policy_of("0.0.0.0/0,::/0,evil.example")}) {
    for (const char* const ip : {"169.254.169.254", "169.254.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192",
                                 "0.0.0.0", "255.255.255.255", "224.0.0.1", "239.255.255.250", "fe80::1", "febf::1",
                                 "fd00:ec2::254", "fd20:ce::254", "::", "ff02::1"}) {
      BOOST_TEST(!may_name(policy, ip), ip);
      BOOST_TEST(!connects(policy, ip, "evil.example"), ip);
    }
  }
}

BOOST_AUTO_TEST_CASE(an_ipv6_address_that_stands_for_an_ipv4_address_counts_as_that) {
  const kfs::address_policy any;
  for (const char* const ip : {"::ffff:169.254.169.254", "64:ff9b::169.254.169.254", "::ffff:0.0.0.0"}) {
    BOOST_TEST(!may_name(any, ip), ip);
    BOOST_TEST(!connects(any, ip, "evil.example"), ip);
  }
  const auto listed = policy_of("10.0.0.0/8");
  BOOST_TEST(connects(listed, "::ffff:10.1.2.3", "a"));
  BOOST_TEST(!connects(listed, "::ffff:11.1.2.3", "a"));
  const auto mapped = policy_of("::ffff:10.0.0.0/104");
  BOOST_TEST(connects(mapped, "10.1.2.3", "a"));
  BOOST_TEST(!connects(mapped, "11.1.2.3", "a"));
}

BOOST_AUTO_TEST_CASE(an_address_with_a_zone_is_judged_by_its_address) {
  BOOST_TEST(!may_name(kfs::address_policy(), "fe80::1%eth0"));
  BOOST_TEST(!may_name(kfs::address_policy(), "[fe80::1%25eth0]"));
}

BOOST_AUTO_TEST_CASE(a_listed_name_is_allowed_in_any_case_and_with_a_trailing_dot) {
  const auto policy = policy_of("Kafka.Example.");
  for (const char* const host : {"kafka.example", "KAFKA.EXAMPLE", "kafka.example."}) {
    BOOST_TEST(may_name(policy, host), host);
    BOOST_TEST(connects(policy, "10.1.2.3", host), host);
  }
  for (const char* const host : {"kafka.example.org", "other", "10.1.2.3", ""}) {
    BOOST_TEST(!may_name(policy, host), host);
    BOOST_TEST(!connects(policy, "10.1.2.3", host), host);
  }
}

BOOST_AUTO_TEST_CASE(blocks_are_compared_to_the_bit) {
  const auto policy = policy_of("10.20.30.128/25,2001:db8::/33,192.0.2.7");
  BOOST_TEST(connects(policy, "10.20.30.128", "a"));
  BOOST_TEST(connects(policy, "10.20.30.255", "a"));
  BOOST_TEST(!connects(policy, "10.20.30.127", "a"));
  BOOST_TEST(connects(policy, "2001:db8:7fff::1", "a"));
  BOOST_TEST(!connects(policy, "2001:db8:8000::1", "a"));
  BOOST_TEST(connects(policy, "192.0.2.7", "a"));
  BOOST_TEST(!connects(policy, "192.0.2.8", "a"));
}

BOOST_AUTO_TEST_CASE(an_unlisted_name_passes_until_it_connects_when_the_list_holds_addresses) {
  const auto policy = policy_of("10.0.0.0/8,kafka.example");
  BOOST_TEST(may_name(policy, "other.example"));
  BOOST_TEST(connects(policy, "10.1.2.3", "other.example"));
  BOOST_TEST(!connects(policy, "11.1.2.3", "other.example"));
  BOOST_TEST(!may_name(policy, "11.1.2.3"));
}

BOOST_AUTO_TEST_CASE(an_address_that_is_neither_ipv4_nor_ipv6_is_rejected) {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  const kfs::address_policy any;
  BOOST_TEST(!any.check_address(reinterpret_cast<const sockaddr*>(&local), "a").has_value());
  BOOST_TEST(!any.check_address(nullptr, "a").has_value());
}

BOOST_AUTO_TEST_CASE(a_rejection_names_the_address_the_host_and_the_setting_on_one_line) {
  const auto policy = policy_of("kafka.example");
  const auto rejected = policy.check_host("other\nexample");
  BOOST_REQUIRE(!rejected.has_value());
  BOOST_TEST(rejected.error().message.find("other\\nexample may not be connected to: ALLOWED") == 0U);
  const auto metadata = kfs::address_policy().check_host("169.254.169.254");
  BOOST_REQUIRE(!metadata.has_value());
  BOOST_TEST(metadata.error().message == "169.254.169.254 may not be connected to: it is a link-local address");
}

BOOST_AUTO_TEST_CASE(an_entry_that_is_no_host_address_or_block_is_rejected_by_its_number) {
  for (const char* const entry : {"", "kafka:9092", "http://kafka", "*.example", "10.0.0.0/33", "10.0.0.0/",
                                  "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0", "::/129", "kafka/8", "a b"}) {
    const auto policy = kfs::address_policy::parse({"kafka.example", entry}, "ALLOWED");
    BOOST_REQUIRE_MESSAGE(!policy.has_value(), entry);
    BOOST_TEST(policy.error().message.find("entry 2 of ALLOWED ") == 0U);
  }
}

BOOST_AUTO_TEST_CASE(an_exact_list_allows_the_names_that_it_holds_and_addresses_of_its_blocks) {
  const auto exact = kfs::address_policy::exactly({"kafka.example", "10.0.0.0/8", "127.0.0.0/8"}, "ALLOWED").value();
  for (const char* host : {"kafka.example", "KAFKA.example.", "10.1.2.3", "127.0.0.10", "localhost"})
    BOOST_TEST(may_name(exact, host), host);
  for (const char* host : {"other.example", "11.0.0.1", "::1", "169.254.169.254", ""})
    BOOST_TEST(!may_name(exact, host), host);
}

BOOST_AUTO_TEST_CASE(an_exact_list_without_entries_allows_nothing) {
  const auto nothing = kfs::address_policy::exactly({}, "ALLOWED").value();
  for (const char* host : {"kafka.example", "127.0.0.1", "localhost", "10.0.0.1"})
    BOOST_TEST(!may_name(nothing, host), host);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::address_policy_test
