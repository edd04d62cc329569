#include "processors/sink_registry.hpp"

#include <boost/test/unit_test.hpp>

#include "processors/http/endpoints.hpp"

namespace kfs::sink_registry_test {

BOOST_AUTO_TEST_SUITE(sink_registry)

BOOST_AUTO_TEST_CASE(options_that_were_stored_before_a_rule_became_stricter_are_an_error_of_the_sink) {
  const sink_environment environment{.file_sink_directories = {"/tmp"}, .data_dir = {}, .files = {}};
  const std::vector<std::pair<const char*, json>> stored{
      {"database_sync", {{"db_dsn", "postgresql://u:s3cret@h/x?sslmode=bogus"}}},
      {"database_sync", {{"db_dsn", "postgresql://u:s3cret@h/x"}, {"columns", {{"a", "/x~2"}}}}},
      {"streaming_forwarder", {{"endpoint_url", "http:///x"}}},
      {"file_sink", {{"file_path", "/tmp/x.kfs-journal.new"}}},
      {"file_sink", json::object()}};
  for (const auto& [type, config] : stored) {
    const processor_spec processor{{}, type, config, {}, {}};
    const auto sink = find_sink_type(type)->make({}, processor, environment, {}, 0);
    const auto opened = sink->open();
    BOOST_REQUIRE(!opened.has_value());
    BOOST_TEST((opened.error().code == ec::sink_denied));
    BOOST_TEST(opened.error().message.find("PUT") != std::string::npos);
    BOOST_TEST(opened.error().message.find("s3cret") == std::string::npos);
    BOOST_TEST(!sink->positions({}, {}).has_value());
    BOOST_TEST(sink->close().has_value());
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::sink_registry_test
