// The settings of links, alone and together.

#include <boost/test/unit_test.hpp>

#include "config/settings/loader.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::link_settings_test {
namespace {

using variables = std::map<std::string, std::string>;

loaded_settings loaded(variables environment) {
  environment.insert({"DATABASE_URL", "postgresql://u:p@db/kfs"});
  const test::temp_directory here;
  return load_settings(environment, here.path(), std::nullopt);
}

/// The setting that the only mistake names; empty when there is none.
std::string blamed(const variables& environment) {
  const auto found = loaded(environment);
  BOOST_TEST(found.mistakes.size() <= 1U);
  return found.mistakes.empty() ? "" : found.mistakes.front().setting;
}

const variables files{{"CLUSTER_CERTIFICATE", "/c"}, {"CLUSTER_KEY", "/k"}, {"CLUSTER_CA", "/a"}};

variables with_files(variables more) {
  more.insert(files.begin(), files.end());
  return more;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(link_settings)

BOOST_AUTO_TEST_CASE(without_a_host_there_are_no_links) {
  BOOST_TEST(!loaded({}).values.links.on());
  BOOST_TEST(blamed({{"CLUSTER_PORT", "7000"}}) == "CLUSTER_PORT");
  BOOST_TEST(blamed({{"CLUSTER_PORT", "0"}}) == "");
}

BOOST_AUTO_TEST_CASE(every_value_is_kept) {
  const auto found = loaded(with_files(
      {{"CLUSTER_HOST", "0.0.0.0"}, {"CLUSTER_PORT", "7000"}, {"CLUSTER_ADVERTISE", "pod-1.replicas:7000"}}));
  BOOST_TEST(found.mistakes.empty());
  const auto& links = found.values.links;
  BOOST_TEST(links.host == "0.0.0.0");
  BOOST_TEST(links.port == 7000);
  BOOST_TEST(links.advertise == "pod-1.replicas:7000");
  BOOST_TEST(links.certificate == "/c");
  BOOST_TEST(links.key == "/k");
  BOOST_TEST(links.ca == "/a");
  BOOST_TEST(links.encrypted());
  BOOST_TEST(!links.insecure);
}

BOOST_AUTO_TEST_CASE(links_within_the_machine_need_no_certificate) {
  for (const auto* host : {"127.0.0.1", "127.0.0.10", "::1", "localhost", "LOCALHOST"})
    BOOST_TEST(blamed({{"CLUSTER_HOST", host}}) == "", host);
}

BOOST_AUTO_TEST_CASE(links_beyond_the_machine_need_certificates_or_the_word_insecure) {
  for (const auto* host : {"0.0.0.0", "::", "192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1"}) {
    const std::pair advertise{"CLUSTER_ADVERTISE", "replica:7000"};
    BOOST_TEST(blamed({{"CLUSTER_HOST", host}, advertise}) == "CLUSTER_HOST", host);
    BOOST_TEST(blamed({{"CLUSTER_HOST", host}, advertise, {"CLUSTER_INSECURE", "false"}}) == "CLUSTER_HOST", host);
    BOOST_TEST(blamed({{"CLUSTER_HOST", host}, advertise, {"CLUSTER_INSECURE", "true"}}) == "", host);
    BOOST_TEST(blamed(with_files({{"CLUSTER_HOST", host}, advertise})) == "", host);
  }
}

BOOST_AUTO_TEST_CASE(the_files_are_set_together) {
  for (const auto& [missing, file] : files) {
    auto two = with_files({{"CLUSTER_HOST", "127.0.0.1"}});
    two.erase(missing);
    BOOST_TEST(blamed(two) == missing);
    BOOST_TEST(blamed({{missing, file}}) == missing, "without CLUSTER_HOST");
  }
}

BOOST_AUTO_TEST_CASE(every_address_is_no_address_to_connect_to) {
  for (const auto* host : {"0.0.0.0", "::"})
    BOOST_TEST(blamed(with_files({{"CLUSTER_HOST", host}})) == "CLUSTER_ADVERTISE", host);
}

BOOST_AUTO_TEST_CASE(an_advertised_address_is_one) {
  for (const auto* place : {"0.0.0.0:7000", "[::]:7000"})
    BOOST_TEST(blamed(with_files({{"CLUSTER_HOST", "127.0.0.1"}, {"CLUSTER_ADVERTISE", place}})) == "CLUSTER_ADVERTISE",
               place);
}

BOOST_AUTO_TEST_CASE(the_embedded_store_has_no_other_replicas) {
  const test::temp_directory here;
  const auto found = load_settings({{"CLUSTER_HOST", "127.0.0.1"}}, here.path(), std::nullopt);
  BOOST_TEST_REQUIRE(found.mistakes.size() == 1U);
  BOOST_TEST(to_string(found.mistakes.front()).find("CLUSTER_HOST (from environment): needs DATABASE_URL") == 0U);
}

BOOST_AUTO_TEST_CASE(a_wrong_value_is_named) {
  for (const auto& [name, value] : std::vector<std::pair<std::string, std::string>>{{"CLUSTER_HOST", "replica-1"},
                                                                                    {"CLUSTER_HOST", "127.0.0.1:1"},
                                                                                    {"CLUSTER_PORT", "65536"},
                                                                                    {"CLUSTER_PORT", "-1"},
                                                                                    {"CLUSTER_ADVERTISE", "replica"},
                                                                                    {"CLUSTER_ADVERTISE", "replica:0"},
                                                                                    {"CLUSTER_ADVERTISE", ":7000"},
                                                                                    {"CLUSTER_INSECURE", "yes"}}) {
    BOOST_TEST(blamed({{name, value}}) == name, name << '=' << value);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::link_settings_test
