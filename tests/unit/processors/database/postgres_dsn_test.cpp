#include "processors/database/dsn.hpp"
#include "tests/support/holds_value.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::postgres_dsn_test {

namespace {

postgres_dsn parsed(const std::string& uri) {
  auto dsn = postgres_dsn::parse(uri);
  BOOST_TEST_REQUIRE(test::holds_value(dsn));
  return *dsn;
}

std::string mistake(const std::string& uri) {
  const auto dsn = postgres_dsn::parse(uri);
  return dsn ? "" : dsn.error().message;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(postgres_dsn)

BOOST_AUTO_TEST_CASE(a_uri_is_read_with_its_percent_codes_and_defaults) {
  const auto dsn = parsed("postgres://us%65r:p%40ss%2Fw%27@db.example/pay?sslmode=require");
  BOOST_TEST(dsn.user == "user");
  BOOST_TEST(dsn.password.value() == "p@ss/w'");
  BOOST_TEST(dsn.database == "pay");
  BOOST_TEST((dsn.hosts == std::vector<endpoint>{{"db.example", 5432}}));
  BOOST_TEST(parsed("postgresql://user@h").database == "user");
}

BOOST_AUTO_TEST_CASE(several_hosts_and_ipv6_are_taken) {
  const auto dsn = parsed("postgresql://u@[::1]:1,127.0.0.1,db:3/x?target_session_attrs=read-write");
  BOOST_TEST((dsn.hosts == std::vector<endpoint>{{"::1", 1}, {"127.0.0.1", 5432}, {"db", 3}}));
  BOOST_TEST(dsn.place() == "[::1]:1,127.0.0.1:5432,db:3/x");
}

BOOST_AUTO_TEST_CASE(hosts_that_are_known_to_be_one_have_one_name) {
  const auto server = [](const std::string& host) { return parsed("postgresql://u@" + host + "/x").servers().front(); };
  for (const auto* host : {"127.0.0.1", "localhost:5432", "LocalHost", "localhost.", "[::1]", "[0:0:0:0:0:0:0:1]",
                           "[::ffff:127.0.0.1]", "ip6-localhost"})
    BOOST_TEST(server(host) == "localhost:5432", host);
  BOOST_TEST(server("DB.example.") == server("db.example"));
  BOOST_TEST(server("[2001:db8::1]") == server("[2001:0db8:0::0:1]"));
  BOOST_TEST(server("[::ffff:10.0.0.1]") == server("10.0.0.1"));
  BOOST_TEST(server("127.0.0.2") != server("localhost"));
  BOOST_TEST(server("localhost:1") != server("localhost:2"));
}

BOOST_AUTO_TEST_CASE(what_reaches_files_services_sockets_or_unchecked_addresses_is_refused) {
  for (const auto* uri : {"postgresql://u@h/x?hostaddr=10.0.0.1",
                          "postgresql://u@h/x?service=s",
                          "postgresql://u@h/x?passfile=/etc/passwd",
                          "postgresql://u@h/x?sslkey=/etc/key",
                          "postgresql://u@h/x?sslcert=/c",
                          "postgresql://u@h/x?sslrootcert=/etc/passwd",
                          "postgresql://u@h/x?options=-csynchronous_commit%3Doff",
                          "postgresql://u@h/x?sslcrl=/x",
                          "postgresql://u@h/x?nonsense=1",
                          "postgresql://u@%2Fvar%2Frun/x",
                          "postgresql:///x?user=u",
                          "postgresql://u@/x?host=/tmp",
                          "postgresql://u@h/x?host=/tmp",
                          "postgresql://u@h,/x",
                          "postgresql://u@h:0/x",
                          "postgresql://u@h:99999/x",
                          "postgresql://h/x",
                          "host=h user=u",
                          "http://u@h/x",
                          "postgresql://u@127.1/x",
                          "postgresql://u@h/x?connect_timeout=0",
                          "postgresql://u@h/x?connect_timeout=1s",
                          "postgresql://u@h%00/x"})
    BOOST_TEST(!mistake(uri).empty(), uri);
}

BOOST_AUTO_TEST_CASE(a_character_that_divides_the_uri_elsewhere_is_rejected_with_its_code) {
  for (const auto* uri :
       {"postgresql://u:p/w@h/x", "postgresql://u:12/3@h/x", "postgresql://u:12/3@h/x?user=u", "postgresql://u:p@w@h/x",
        "postgresql://u:p@w/v@h/x", "postgresql://u:p?w@h/x", "postgresql://u:12?connect_timeout=3@h/x",
        "postgresql://u:p@h/x/y", "postgresql://u/v:p@h/x"})
    BOOST_TEST(has(mistake(uri), "%2F"), uri << ": " << mistake(uri));
  BOOST_TEST(has(mistake("postgresql://u:p w@h/x"), "%20"));
  BOOST_TEST(has(mistake("postgresql://u:p%w@h/x"), "%25"));
  BOOST_TEST(parsed("postgresql://u:p:w@h/x").password.value() == "p:w");
  BOOST_TEST(parsed("postgresql://u:p@h/").database == "u");
}

BOOST_AUTO_TEST_CASE(every_mistake_is_named_at_once) {
  const auto all = mistake("postgresql://h:0/x?sslmode=bogus&connect_timeout=0&nonsense=1");
  BOOST_TEST(has(all, "libpq knows"));
  const auto known = mistake("postgresql://h_:0,-b:1/x?sslmode=bogus&connect_timeout=0&gssencmode=disable");
  for (const auto* part : {"port", "host name", "user", "sslmode", "connect_timeout", "gssencmode"})
    BOOST_TEST(has(known, part), part << " is not in " << known);
}

BOOST_AUTO_TEST_CASE(no_message_holds_the_password) {
  for (const auto* uri : {"postgresql://u:s3cret@h/x?nonsense=s3cret", "postgresql://u:s3cret%zz@h/x",
                          "postgresql://u:s3cret@h:99999/x", "postgresql://:s3cret@h/x", "host=h password=s3cret"})
    BOOST_TEST(!has(mistake(uri), "s3cret"), mistake(uri));
}

BOOST_AUTO_TEST_CASE(libpq_connects_to_checked_addresses_only_and_takes_nothing_from_files) {
  const auto text = parsed("postgresql://u@h:1,k/x?connect_timeout=3").conninfo("::1", 1);
  BOOST_TEST(has(text, "host='k' "));
  BOOST_TEST(has(text, "hostaddr='::1' "));
  BOOST_TEST(has(text, "port='5432' "));
  BOOST_TEST(has(text, "password='' "));
  for (const auto* file : {"passfile", "sslcert", "sslkey"})
    BOOST_TEST(has(text, std::string(file) + "='/dev/null/none' "), file);
}

BOOST_AUTO_TEST_CASE(values_are_quoted_for_libpq) {
  BOOST_TEST(has(parsed("postgresql://u:a%27%5Cb%20host=evil@h/x").conninfo("127.0.0.1", 0),
                 R"(password='a\'\\b host=evil')"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::postgres_dsn_test
