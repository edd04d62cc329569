// Sinks whose options refer to secrets.

#include "processors/resolving_sink.hpp"

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <fstream>

#include "processors/database/connections.hpp"
#include "processors/http/endpoints.hpp"
#include "processors/sink_registry.hpp"
#include "tests/support/memory_batch.hpp"
#include "tests/support/temp_directory.hpp"

namespace kfs::resolving_sink_test {

namespace {

/// What happened to the sinks that were made, in order: "make 1", "open 1", "write 1", "close 1".
using journal = std::vector<std::string>;

struct scripted {
  journal happened;
  std::optional<error> missing;
  std::optional<error> failing;  ///< each call of a sink
  std::string secret = "1";
};

class scripted_sink final : public sink {
 public:
  scripted_sink(std::shared_ptr<scripted> script, std::string name)
      : script_(std::move(script)), name_(std::move(name)) {}
  result<void> open() override { return call("open"); }
  result<rejections> write(const batch&) override {
    return call("write").map([this] {
      ++accepted_;
      return rejections{};
    });
  }
  [[nodiscard]] std::optional<destination_evidence> evidence() const override {
    return destination_evidence{.accepted = accepted_, .version = "v"};
  }
  result<void> close() override {
    script_->happened.push_back("close " + name_);
    return {};
  }

 private:
  result<void> call(const std::string& what) {
    script_->happened.push_back(what + " " + name_);
    if (script_->failing) return tl::make_unexpected(*script_->failing);
    return {};
  }
  std::shared_ptr<scripted> script_;
  std::string name_;
  std::uint64_t accepted_ = 0;
};

struct resolving_fixture {
  std::shared_ptr<scripted> script = std::make_shared<scripted>();
  sink_ptr sink = make_resolving_sink({.resolve = [script = script]() -> result<json> {
                                         if (script->missing) return tl::make_unexpected(*script->missing);
                                         return json{{"secret", script->secret}};
                                       },
                                       .make = [script = script](const json& config) -> sink_ptr {
                                         const auto name = config["secret"].get<std::string>();
                                         script->happened.push_back("make " + name);
                                         return std::make_unique<scripted_sink>(script, name);
                                       }});
  const test::memory_batch records{std::vector<test::memory_record>{{}}};

  /// What happened since the last call.
  journal take() { return std::exchange(script->happened, {}); }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(resolving_sink, resolving_fixture)

BOOST_AUTO_TEST_CASE(a_missing_secret_is_an_error_until_it_appears) {
  script->missing = error{ec::secret_unavailable, "missing"};
  BOOST_TEST((sink->open() == tl::make_unexpected(*script->missing)));
  BOOST_TEST((sink->open() == tl::make_unexpected(*script->missing)));
  BOOST_TEST(take().empty());
  script->missing.reset();
  BOOST_TEST(sink->open().has_value());
  BOOST_TEST(sink->write(records).has_value());
  BOOST_TEST((take() == journal{"make 1", "open 1", "write 1"}));
}

BOOST_AUTO_TEST_CASE(a_changed_secret_is_used_after_a_failure_and_not_before) {
  BOOST_TEST(sink->write(records).has_value());
  script->secret = "2";
  BOOST_TEST(sink->write(records).has_value());
  BOOST_TEST((take() == journal{"make 1", "open 1", "write 1", "write 1"}));
  script->failing = error{ec::sink_denied, "the password is wrong"};
  BOOST_TEST(!sink->write(records).has_value());
  BOOST_TEST((take() == journal{"write 1"}));
  script->failing.reset();
  BOOST_TEST(sink->write(records).has_value());
  BOOST_TEST((take() == journal{"close 1", "make 2", "open 2", "write 2"}));
}

BOOST_AUTO_TEST_CASE(after_a_failure_the_same_sink_goes_on_with_the_same_secret) {
  BOOST_TEST(sink->open().has_value());
  script->failing = error{ec::sink_unavailable, "down"};
  BOOST_TEST(!sink->write(records).has_value());
  script->failing.reset();
  BOOST_TEST(sink->write(records).has_value());
  BOOST_TEST((take() == journal{"make 1", "open 1", "write 1", "write 1"}));
}

BOOST_AUTO_TEST_CASE(a_sink_that_could_not_be_opened_is_opened_again) {
  script->failing = error{ec::sink_unavailable, "down"};
  BOOST_TEST(!sink->open().has_value());
  script->failing.reset();
  BOOST_TEST(sink->open().has_value());
  BOOST_TEST((take() == journal{"make 1", "open 1", "open 1"}));
}

BOOST_AUTO_TEST_CASE(the_count_of_accepted_records_goes_on_with_a_new_sink) {
  BOOST_TEST(sink->write(records).has_value());
  BOOST_TEST(sink->evidence()->accepted == 1U);
  script->secret = "2";
  script->failing = error{ec::sink_denied, "no"};
  BOOST_TEST(!sink->write(records).has_value());
  script->failing.reset();
  BOOST_TEST(sink->write(records).has_value());
  BOOST_TEST(sink->evidence()->accepted == 2U);
}

BOOST_AUTO_TEST_CASE(it_closes_what_it_made_and_nothing_when_it_made_nothing) {
  BOOST_TEST(sink->close().has_value());
  BOOST_TEST(take().empty());
  BOOST_TEST(sink->open().has_value());
  BOOST_TEST(sink->close().has_value());
  BOOST_TEST((take() == journal{"make 1", "open 1", "close 1"}));
}

// The registered types.

BOOST_AUTO_TEST_CASE(what_a_reference_leads_to_is_checked_as_a_request_is) {
  const test::temp_directory scratch;
  const auto file = scratch.path() / "secret";
  const sink_environment environment{
      .file_sink_directories = {"/tmp"},
      .data_dir = {},
      .files = {},
      .database_hosts = address_policy::parse({"127.0.0.1"}, "DATABASE_ALLOWED_HOSTS").value(),
      .databases = std::make_shared<database_connections>(),
      .endpoints = std::make_shared<http_endpoints>(address_policy{}, nullptr),
      .secrets = secret_source({scratch.path()}, {})};
  const auto opened_with = [&](const char* type, const json& config, const std::string& content) {
    std::ofstream(file) << content;
    const auto made = find_sink_type(type)->make({}, processor_spec{{}, type, config, {}, {}}, environment, {}, 0);
    const auto done = made->open();
    return done ? "opened" : std::string(to_string(done.error().code)) + ": " + done.error().message;
  };
  const auto reference = "${file:" + file.string() + "}";
  const json whole{{"db_dsn", reference}, {"table", "t"}};
  const json password{{"db_dsn", "postgresql://u:" + reference + "@127.0.0.1:1/d"}, {"table", "t"}};
  // Nothing listens there, so that the attempt shows that all checks have been passed.
  BOOST_TEST(opened_with("database_sync", whole, "postgresql://u:p@127.0.0.1:1/d\n").starts_with("sink_unavailable"));
  BOOST_TEST(opened_with("database_sync", password, "a/b?c@d:e %\n").starts_with("sink_unavailable"));
  for (const char* wrong : {"postgresql://u:s3cret@127.0.0.2/d", "not a DSN of s3cret", "postgresql://u:s3cret@/d",
                            "postgresql://u:s3cret@127.0.0.1/d?sslkey=/etc/s3cret", "********", "${file:/etc/s3cret}",
                            "postgresql://u:${env:KFS_SECRET_OTHER}@127.0.0.1/d"}) {
    const auto answer = opened_with("database_sync", whole, wrong);
    BOOST_TEST(answer.starts_with("secret_unavailable"), wrong << " gives " << answer);
    BOOST_TEST(answer.find("s3cret") == std::string::npos, answer);
  }
  const json token{{"endpoint_url", "http://127.0.0.1:1/"}, {"bearer_token", reference}};
  BOOST_TEST(opened_with("streaming_forwarder", token, "token").starts_with("opened"));
  BOOST_TEST(opened_with("streaming_forwarder", token, "s3cret\nwith a line end").starts_with("secret_unavailable"));
  const json header{{"endpoint_url", "http://127.0.0.1:1/"}, {"headers", {{"X-Key", reference}}}};
  BOOST_TEST(opened_with("streaming_forwarder", header, "key").starts_with("opened"));
  BOOST_TEST(opened_with("streaming_forwarder", header, "s3cret\r\nX-Other: 1").starts_with("secret_unavailable"));
  const json url{{"endpoint_url", reference}};  // no secret: the text itself
  BOOST_TEST(opened_with("streaming_forwarder", url, "http://127.0.0.1:1/").starts_with("sink_denied"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::resolving_sink_test
