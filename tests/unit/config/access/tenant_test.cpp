#include <boost/test/unit_test.hpp>

#include "config/access/tenant.hpp"
#include "config/store/access_json.hpp"
#include "config/store/tenant_rules.hpp"

namespace kfs::tenant_test {

namespace {

/// The places of the mistakes in a body, as "quotas.consumers".
std::vector<std::string> mistakes_in(const char* body) {
  std::vector<violation> found;
  tenant_schema().validate(json::parse(body), json::array({"body"}), found);
  std::vector<std::string> places;
  for (const auto& mistake : found) {
    std::string place;
    for (std::size_t i = 1; i < mistake.loc.size(); ++i)
      place += (place.empty() ? "" : ".") +
               (mistake.loc[i].is_string() ? mistake.loc[i].get<std::string>() : mistake.loc[i].dump());
    places.push_back(place);
  }
  return places;
}

void is_rejected_at(const char* body, const std::vector<std::string>& places) {
  BOOST_TEST(mistakes_in(body) == places, boost::test_tools::per_element());
}

consumer_spec consumer_at(std::string broker, std::uint16_t port, const char* bootstrap = nullptr) {
  consumer_spec spec;
  spec.broker_ip = std::move(broker);
  spec.broker_port = port;
  spec.consumer_group = "gr\xC3\xBC\xC3\x9F";
  if (bootstrap != nullptr) spec.options["kafka"]["bootstrap_servers"] = bootstrap;
  return spec;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(tenant)

BOOST_AUTO_TEST_CASE(names_are_lower_case_letters_digits_and_dashes) {
  for (const auto* name : {"a", "payments-2", "0", "-"}) BOOST_TEST(is_tenant_name(name), name);
  for (const auto* name : {"", "A", "a_b", "a.b", "a b", "\xC3\xBC", "*"}) BOOST_TEST(!is_tenant_name(name), name);
  BOOST_TEST(is_tenant_name(std::string(63, 'a')));
  BOOST_TEST(!is_tenant_name(std::string(64, 'a')));
}

BOOST_AUTO_TEST_CASE(a_body_is_read_and_shown_as_it_was_sent) {
  const auto body = json::parse(R"({"quotas":{"consumers":3,"instances":null,"bytes_per_second":1000000000000},
    "allowed":{"topics":["payments.*"],"brokers":["10.0.0.0/8","kafka.example"],"file_directories":[]}})");
  const auto read = to_tenant(body);
  BOOST_TEST(read.quotas.consumers.value() == 3);
  BOOST_TEST(!read.quotas.instances);
  BOOST_TEST(read.allowed.file_directories.value().empty());
  BOOST_TEST(!read.allowed.database_hosts);
  BOOST_TEST(to_json(read.quotas).dump() ==
             R"({"consumers":3,"instances":null,"records_per_second":null,"bytes_per_second":1000000000000})");
  BOOST_TEST(to_json(read.allowed).dump() ==
             R"({"topics":["payments.*"],"consumer_groups":null,"brokers":["10.0.0.0/8","kafka.example"],)"
             R"("forwarder_hosts":null,"database_hosts":null,"file_directories":[]})");
}

BOOST_AUTO_TEST_CASE(mistakes_of_a_body_are_named_all_at_once) {
  is_rejected_at("{}", {});
  is_rejected_at(R"({"name":"x","usage":{},"created_at":"","quotas":{},"allowed":{"topics":[]}})", {});
  is_rejected_at(R"({"quotas":{"consumers":-1,"instances":"3","records_per_second":0,"other":1},"more":1})",
                 {"quotas.consumers", "quotas.instances", "quotas.records_per_second", "quotas.other", "more"});
  is_rejected_at(
      R"({"allowed":{"topics":"t","consumer_groups":["g",7,""],"brokers":["a b"],"file_directories":["x"]}})",
      {"allowed.topics", "allowed.consumer_groups.1", "allowed.consumer_groups.2", "allowed.brokers.0",
       "allowed.file_directories.0"});
}

BOOST_AUTO_TEST_CASE(a_footprint_names_the_cluster_and_the_group_in_ascii) {
  auto spec = consumer_at("B.Example.", 9092, "b.example:9093,[::1]:9092,B.EXAMPLE:9092");
  spec.options["instances"] = 7;
  const auto made = footprint_of(spec);
  BOOST_TEST(made.instances == 7);
  BOOST_TEST(made.servers == "127.0.0.1:9092,b.example:9092,b.example:9093");
  BOOST_TEST(made.group == "gr\\u00fc\\u00df");
  BOOST_TEST(from_stored_ascii(made.group) == spec.consumer_group);
  BOOST_CHECK((footprint_of_stored("no JSON") == consumer_footprint{}));
}

BOOST_AUTO_TEST_CASE(clusters_are_the_same_when_they_share_a_server) {
  const auto share = [](const consumer_spec& a, const consumer_spec& b) {
    return share_a_server(footprint_of(a).servers, footprint_of(b).servers);
  };
  BOOST_TEST(share(consumer_at("a", 1), consumer_at("A", 1)));
  BOOST_TEST(!share(consumer_at("a", 1), consumer_at("a", 2)));
  BOOST_TEST(share(consumer_at("a", 1, "b:1,c:1"), consumer_at("d", 1, "e:1,c:1")));
  BOOST_TEST(!share_a_server("", ""));
}

BOOST_AUTO_TEST_CASE(a_quota_rejects_only_what_adds_to_the_use) {
  kfs::tenant limited;
  limited.name = "t";
  limited.quotas = {.consumers = 2, .instances = 4};
  BOOST_TEST(check_quotas(limited, {1, 1}, {2, 4}).has_value());
  BOOST_TEST((check_quotas(limited, {2, 2}, {3, 3}).error().code == ec::quota_exceeded));
  BOOST_TEST((check_quotas(limited, {1, 3}, {2, 5}).error().code == ec::quota_exceeded));
  BOOST_TEST(check_quotas(limited, {5, 9}, {5, 8}).has_value());
  BOOST_TEST(check_quotas({}, {5, 9}, {6, 99}).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::tenant_test
