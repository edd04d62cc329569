#include "config/postgres/credential_files.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>

namespace kfs::credential_files_test {

namespace {

bool has(const std::vector<std::filesystem::path>& files, const std::filesystem::path& wanted) {
  return std::ranges::find(files, wanted) != files.end();
}

}  // namespace

BOOST_AUTO_TEST_SUITE(credential_files)

BOOST_AUTO_TEST_CASE(what_a_url_names_is_known) {
  const auto options = parse_conninfo(
      "postgresql://u@127.0.0.1/d?passfile=/s/pass&sslkey=/s/key&sslcert=/s/crt&sslrootcert=/s/root&sslcrl=/s/crl");
  BOOST_TEST_REQUIRE(options.has_value());
  const auto found = credential_files_of(*options, {});
  for (const char* file : {"/s/pass", "/s/key"}) BOOST_TEST(has(found.secret, file), file);
  for (const char* file : {"/s/crt", "/s/root", "/s/crl"}) BOOST_TEST(has(found.trusted, file), file);
  BOOST_TEST(found.secret.size() == 2U);
  BOOST_TEST(found.trusted.size() == 3U);
}

BOOST_AUTO_TEST_CASE(what_the_environment_names_and_what_lies_at_home_is_known) {
  const auto found = credential_files_of({}, {{"PGPASSFILE", "/e/pass"},
                                              {"PGSERVICEFILE", "/e/service"},
                                              {"PGSSLROOTCERT", "/e/root"},
                                              {"SSL_CERT_FILE", "/e/roots.pem"},
                                              {"SSL_CERT_DIR", "/e/certs:/e/more"},
                                              {"HOME", "/home/kfs"}});
  for (const char* file : {"/e/pass", "/e/service", "/home/kfs/.pgpass", "/home/kfs/.postgresql/postgresql.key"})
    BOOST_TEST(has(found.secret, file), file);
  for (const char* file : {"/e/root", "/e/roots.pem", "/e/certs", "/e/more", "/home/kfs/.postgresql/root.crt"})
    BOOST_TEST(has(found.trusted, file), file);
}

BOOST_AUTO_TEST_CASE(a_relative_name_is_relative_to_the_working_directory) {
  const auto found = credential_files_of({{"sslkey", "keys/db"}}, {});
  BOOST_TEST(has(found.secret, std::filesystem::current_path() / "keys/db"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::credential_files_test
