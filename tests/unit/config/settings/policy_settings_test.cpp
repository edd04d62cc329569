// The settings that hold where a consumer's options say nothing about recovery and rejected records.
#include "config/settings/policies.hpp"

#include <boost/test/unit_test.hpp>
#include <map>
#include <string>

#include "tests/support/temp_directory.hpp"

namespace kfs::policy_settings_test {

namespace {

loaded_settings with(const std::map<std::string, std::string>& environment) {
  const test::temp_directory empty;
  return load_settings(environment, empty.path(), std::nullopt);
}

/// The only mistake of a setting with this value.
std::string mistake_of(const std::string& name, const std::string& value) {
  const auto loaded = with({{name, value}});
  BOOST_REQUIRE(loaded.mistakes.size() == 1u);
  BOOST_TEST(loaded.mistakes.front().setting == name);
  return loaded.mistakes.front().message;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(policy_settings)

BOOST_AUTO_TEST_CASE(without_settings_the_options_own_defaults_hold) {
  const auto loaded = with({});
  BOOST_TEST(loaded.mistakes.empty());
  BOOST_CHECK(loaded.values.policies == policy_defaults{});
}

BOOST_AUTO_TEST_CASE(every_setting_reaches_the_policies) {
  const auto loaded = with({{"RECOVERY_ENABLED", "false"},
                            {"RECOVERY_MAX_ATTEMPTS", "9"},
                            {"RECOVERY_INITIAL_BACKOFF_MS", "200"},
                            {"RECOVERY_MAX_BACKOFF_MS", "5000"},
                            {"RECOVERY_FATAL_CODES", "authentication_failed,sink_denied"},
                            {"RECOVERY_PROCESSOR_RESTARTS", "1"},
                            {"RECOVERY_PROCESSOR_RESTART_PERIOD_MS", "10000"},
                            {"RECOVERY_PROCESSOR_TIMEOUT_MS", "20000"},
                            {"ON_ERROR_POLICY", "dead_letter"},
                            {"ON_ERROR_MAX_ATTEMPTS", "4"}});
  BOOST_TEST(loaded.mistakes.empty());
  const auto& [recovery, on_error] = loaded.values.policies;
  BOOST_CHECK((recovery == recovery_options{.enabled = false,
                                            .max_attempts = 9,
                                            .initial_backoff = std::chrono::milliseconds(200),
                                            .max_backoff = std::chrono::milliseconds(5'000),
                                            .fatal_codes = {ec::authentication_failed, ec::sink_denied},
                                            .processor_restarts = 1,
                                            .processor_restart_period = std::chrono::milliseconds(10'000),
                                            .processor_timeout = std::chrono::milliseconds(20'000)}));
  BOOST_CHECK((on_error == on_error_options{rejection_policy::dead_letter, 4, std::nullopt}));
}

BOOST_AUTO_TEST_CASE(bounds_are_those_of_the_options) {
  BOOST_TEST(mistake_of("RECOVERY_PROCESSOR_TIMEOUT_MS", "999").find("from 1000 to 3600000") != std::string::npos);
  BOOST_TEST(mistake_of("RECOVERY_MAX_ATTEMPTS", "0").find("from 1 on") != std::string::npos);
  BOOST_TEST(mistake_of("ON_ERROR_MAX_ATTEMPTS", "x").find("from 1 to 1000000") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(mistakes_say_what_is_allowed) {
  BOOST_TEST(mistake_of("RECOVERY_ENABLED", "yes").find("true or false") != std::string::npos);
  BOOST_TEST(mistake_of("RECOVERY_FATAL_CODES", "sink_denied,oops").find("topic_missing") != std::string::npos);
  BOOST_TEST(mistake_of("ON_ERROR_POLICY", "drop").find("dead_letter") != std::string::npos);
  BOOST_TEST(mistake_of("RECOVERY_MAX_BACKOFF_MS", "999").find("RECOVERY_INITIAL_BACKOFF_MS, which is 1000") !=
             std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::policy_settings_test
