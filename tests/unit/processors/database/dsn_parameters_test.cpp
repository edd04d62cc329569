#include "processors/database/dsn_parameters.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::dsn_parameters_test {

namespace {

constexpr int libpq_17 = 170'000;

/// What is wrong with "name=value" pairs; empty when nothing is.
std::string mistake(const conninfo_options& options, int libpq_version = libpq_17) {
  std::string all;
  for (const auto& each : mistakes_in_parameters(options, libpq_version)) all += each + "; ";
  return all;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(dsn_parameters)

BOOST_AUTO_TEST_CASE(the_values_that_libpq_knows_are_taken) {
  const std::vector<conninfo_options> good{{},
                                           {{"host", "h"}, {"port", "1"}, {"user", "u"}, {"password", "p"}},
                                           {{"sslmode", "verify-full"}, {"sslrootcert", "system"}},
                                           {{"sslrootcert", "system"}},
                                           {{"sslmode", "require"}, {"sslnegotiation", "direct"}},
                                           {{"channel_binding", "require"}},
                                           {{"target_session_attrs", "prefer-standby"}},
                                           {{"ssl_min_protocol_version", "tlsv1.3"}},
                                           {{"keepalives_idle", "32767"}, {"connect_timeout", "60"}},
                                           {{"application_name", "größe"}}};
  for (const auto& options : good) BOOST_TEST(mistake(options).empty(), mistake(options));
}

BOOST_AUTO_TEST_CASE(a_value_that_libpq_does_not_know_is_rejected_with_those_that_it_does) {
  for (const auto& [name, value] : conninfo_options{{"sslmode", "bogus"},
                                                    {"channel_binding", "yes"},
                                                    {"sslnegotiation", "none"},
                                                    {"target_session_attrs", "master"},
                                                    {"ssl_min_protocol_version", "1.2"},
                                                    {"ssl_max_protocol_version", "TLSv2"},
                                                    {"keepalives_idle", "32768"},
                                                    {"connect_timeout", "-1"},
                                                    {"sslrootcert", "/etc/root.crt"}}) {
    const auto found = mistake({{name, value}});
    BOOST_TEST(has(found, name), name << ": " << found);
    BOOST_TEST(!has(found, value + ";"), found);
  }
  BOOST_TEST(has(mistake({{"sslmode", "bogus"}}), "disable, allow, prefer, require, verify-ca, verify-full"));
  BOOST_TEST(!mistake({{"sslmode", ""}}).empty());
  BOOST_TEST(!mistake({{"sslmode", "Require"}}).empty());
}

BOOST_AUTO_TEST_CASE(parameters_that_contradict_each_other_are_rejected) {
  BOOST_TEST(has(mistake({{"sslrootcert", "system"}, {"sslmode", "verify-ca"}}), "sslmode=verify-full"));
  BOOST_TEST(has(mistake({{"sslrootcert", "system"}}, 150'018), "libpq 16"));
  BOOST_TEST(has(mistake({{"sslnegotiation", "direct"}}), "sslmode=require"));
  BOOST_TEST(has(mistake({{"channel_binding", "require"}, {"sslmode", "disable"}}), "channel_binding"));
  BOOST_TEST(has(mistake({{"ssl_max_protocol_version", "TLSv1.1"}}), "at least"));
  BOOST_TEST(
      has(mistake({{"ssl_min_protocol_version", "TLSv1.3"}, {"ssl_max_protocol_version", "TLSv1.2"}}), "at least"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::dsn_parameters_test
