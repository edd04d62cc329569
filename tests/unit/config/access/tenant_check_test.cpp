#include "config/access/tenant_check.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::tenant_check_test {
namespace {

consumer_spec consumer() {
  consumer_spec spec;
  spec.tenant = "a";
  spec.broker_ip = "kafka.example";
  spec.broker_port = 9092;
  spec.topic = "payments.eu";
  spec.consumer_group = "pay-group";
  return spec;
}

tenant with(const tenant_limits& allowed) {
  tenant limited;
  limited.name = "a";
  limited.allowed = allowed;
  return limited;
}

/// The places of what is beyond the limits, as "body.topic".
std::vector<std::string> places(const consumer_spec& spec, const tenant_limits& allowed) {
  std::vector<std::string> found;
  const auto no_processors = [](const tenant&) -> std::unique_ptr<processor_catalog> { return nullptr; };
  for (const auto& each : beyond_tenant(spec, with(allowed), {}, no_processors)) {
    std::string place;
    for (const auto& step : each.loc) place += (place.empty() ? "" : ".") + step.get<std::string>();
    found.push_back(place);
  }
  return found;
}

using strings = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(tenant_check)

BOOST_AUTO_TEST_CASE(without_lists_everything_is_within_the_limits) {
  BOOST_TEST(places(consumer(), {}).empty());
  BOOST_TEST(!limits_anything(with({})));
}

BOOST_AUTO_TEST_CASE(topics_and_groups_match_a_glob) {
  tenant_limits allowed;
  allowed.topics = strings{"orders.*", "payments.*"};
  allowed.consumer_groups = strings{"pay-*"};
  BOOST_TEST(places(consumer(), allowed).empty());
  auto other = consumer();
  other.topic = "secrets";
  other.consumer_group = "others";
  BOOST_TEST(places(other, allowed) == (strings{"body.topic", "body.consumer_group"}));
}

BOOST_AUTO_TEST_CASE(the_list_of_topics_holds_for_dead_letters_too) {
  tenant_limits allowed;
  allowed.topics = strings{"payments.*"};
  auto spec = consumer();
  spec.options = json{{"on_error", {{"policy", "dead_letter"}, {"dead_letter_topic", "secrets"}}}};
  BOOST_TEST(places(spec, allowed) == (strings{"body.options.on_error.dead_letter_topic"}));
  spec.options["on_error"]["dead_letter_topic"] = "payments.dead";
  BOOST_TEST(places(spec, allowed).empty());
  spec.options["on_error"].erase("dead_letter_topic");  // named after the topic
  allowed.topics = strings{"payments.eu"};
  BOOST_TEST(places(spec, allowed).size() == 1U);
}

BOOST_AUTO_TEST_CASE(every_broker_that_is_named_must_be_listed) {
  tenant_limits allowed;
  allowed.brokers = strings{"kafka.example", "10.0.0.0/8"};
  auto spec = consumer();
  BOOST_TEST(places(spec, allowed).empty());
  spec.options = json{{"kafka", {{"bootstrap_servers", "kafka.example:9092,10.1.1.1:9092,evil.example:9092"}}}};
  BOOST_TEST(places(spec, allowed) == (strings{"body.options.kafka.bootstrap_servers"}));
  spec.broker_ip = "evil.example";
  BOOST_TEST(places(spec, allowed).front() == "body.broker_ip");
}

BOOST_AUTO_TEST_CASE(an_empty_list_allows_nothing) {
  tenant_limits allowed;
  allowed.topics = strings{};
  allowed.consumer_groups = strings{};
  allowed.brokers = strings{};
  BOOST_TEST(places(consumer(), allowed) == (strings{"body.topic", "body.consumer_group", "body.broker_ip"}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::tenant_check_test
