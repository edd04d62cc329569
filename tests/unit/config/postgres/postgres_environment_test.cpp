#include "config/postgres/environment.hpp"

#include <libpq-fe.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>

#include "config/postgres/store_url.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::postgres_environment_test {

namespace {

/// The variables of one test case, which ends without any of them.
struct variables {
  explicit variables(const conninfo_options& given) : names(given) {
    for (const auto& [name, value] : names) ::setenv(name.c_str(), value.c_str(), 1);
  }
  ~variables() {
    for (const auto& [name, value] : names) ::unsetenv(name.c_str());
  }
  variables(const variables&) = delete;
  variables& operator=(const variables&) = delete;

  conninfo_options names;
};

/// What libpq takes for an option that nobody gives.
std::string default_of(const std::string& keyword) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(PQconndefaults(), &PQconninfoFree);
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    if (option->keyword == keyword) return option->val == nullptr ? "" : option->val;
  }
  return "";
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_environment)

BOOST_AUTO_TEST_CASE(libpq_sees_no_variable_of_its_own_afterwards_not_even_one_of_a_later_version) {
  const variables given({{"PGHOSTADDR", "192.0.2.1"},
                         {"PGPASSWORD", "the operator's"},
                         {"PGOPTIONS", "-c work_mem=1"},
                         {"PGTZ", "Asia/Tokyo"},
                         {"PGOFALATERVERSION", "1"}});
  take_postgres_environment();
  for (const auto& [name, value] : given.names) BOOST_TEST(std::getenv(name.c_str()) == nullptr, name);
  BOOST_TEST(default_of("hostaddr").empty());
  BOOST_TEST(default_of("password").empty());
  BOOST_TEST(default_of("options").empty());
}

BOOST_AUTO_TEST_CASE(other_variables_and_the_path_of_root_certificates_stay) {
  const variables given({{"PGSSLROOTCERT", "/etc/root.crt"}, {"KFS_PGPASSWORD", "mine"}, {"PGPORT", "1"}});
  take_postgres_environment();
  BOOST_TEST(default_of("sslrootcert") == "/etc/root.crt");
  BOOST_TEST(std::getenv("KFS_PGPASSWORD") != nullptr);
  BOOST_TEST(std::getenv("PGPORT") == nullptr);
}

BOOST_AUTO_TEST_CASE(the_store_connects_with_what_the_environment_says_and_its_url_does_not) {
  const variables given({{"PGPASSWORD", "the operator's"}, {"PGPORT", "1"}, {"PGAPPNAME", "other"}, {"PGHOST", "db"}});
  const auto target = parse_postgres_url("postgresql://u@/kfs?port=2", take_postgres_environment());
  BOOST_TEST_REQUIRE(test::holds_value(target));
  BOOST_TEST(has(target->connection, "password='the operator\\'s' "));
  BOOST_TEST(has(target->connection, "port='2' "));
  BOOST_TEST(has(target->connection, "application_name='kafka-fetcher-server' "));
  BOOST_TEST(target->place == "db:2/kfs");
}

BOOST_AUTO_TEST_CASE(a_service_that_the_environment_names_counts_for_the_store) {
  const test::temp_directory files;
  const auto file = files.path() / "services";
  std::ofstream(file) << "[mine]\nhost=of.service\n";
  const variables given({{"PGSERVICE", "mine"}, {"PGSERVICEFILE", file.string()}, {"PGHOST", "of.environment"}});
  const auto options = take_postgres_environment();
  BOOST_TEST(options.at("host") == "of.service");
  BOOST_TEST(options.at("service") == "mine");
  BOOST_TEST(default_of("host").empty());
}

BOOST_AUTO_TEST_CASE(without_such_variables_there_is_nothing_to_take) {
  BOOST_TEST(take_postgres_environment().empty());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::postgres_environment_test
