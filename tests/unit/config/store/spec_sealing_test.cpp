#include "config/store/sealing.hpp"

#include <boost/test/unit_test.hpp>

#include "config/secrets/resolution.hpp"
#include "config/store/spec_json.hpp"
#include "tests/support/holds_value.hpp"
#include "tests/support/sealing_samples.hpp"
#include "tests/support/store_samples.hpp"

namespace kfs::spec_sealing_test {

using namespace kfs::test;

namespace {

bool shows_secrets(const std::string& text) {
  return text.find(secret_mark) != std::string::npos;
}

std::string key_named(const std::string& letter) {
  return ring_of(letter).current();
}

std::string sealed_text(const spec_sealing& sealing, const consumer_spec& spec) {
  const auto text = sealing.to_text(spec, sealing.keys().current());
  BOOST_TEST_REQUIRE(test::holds_value(text));
  return *text;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(spec_sealing)

BOOST_AUTO_TEST_CASE(the_text_of_a_consumer_holds_no_secret_and_is_read_as_it_was) {
  const auto sealing = sealing_with("a");
  const auto spec = with_secrets(sample());
  BOOST_TEST(shows_secrets(to_stored_text(spec).value()));
  const auto text = sealed_text(*sealing, spec);
  BOOST_TEST(!shows_secrets(text));
  const auto read = sealing->from_text(text);
  BOOST_CHECK(read == spec);
  BOOST_TEST(read.options.dump() == spec.options.dump());
  BOOST_TEST(text.starts_with(kfs::spec_sealing::beginning(key_named("a"))));
}

BOOST_AUTO_TEST_CASE(what_is_no_secret_can_be_read_in_the_text) {
  const auto text = sealed_text(*sealing_with("a"), with_secrets(sample()));
  const auto stored = json::parse(text);
  BOOST_TEST(stored["options"]["kafka"]["sasl_username"] == "fetcher");
  BOOST_TEST(stored["options"]["batch"]["max_wait_ms"] == 2);
  BOOST_TEST(stored["processors"][3]["config"]["endpoint_url"] == "http://127.0.0.1:1/");
}

BOOST_AUTO_TEST_CASE(a_reference_stays_as_it_is) {
  const auto sealing = sealing_with("a");
  const auto spec = with_references(sample());
  const auto stored = json::parse(sealed_text(*sealing, spec));
  BOOST_TEST(stored["options"]["kafka"]["sasl_password"] == "${env:KFS_SECRET_KAFKA}");
  BOOST_TEST(stored["processors"][2]["config"]["db_dsn"] == spec.processors[2].config["db_dsn"]);
  BOOST_CHECK(sealing->from_text(stored.dump()) == spec);
}

BOOST_AUTO_TEST_CASE(a_password_of_any_length_up_to_20_is_as_long_when_it_is_sealed) {
  const auto sealing = sealing_with("a");
  const auto length_with = [&](const std::string& password) {
    auto spec = sample();
    spec.options["kafka"] = {{"sasl_password", password}};
    const auto stored = json::parse(sealed_text(*sealing, spec));
    return stored["options"]["kafka"]["sasl_password"].get<std::string>().size();
  };
  BOOST_TEST(length_with("x") == length_with(std::string(20, 'x')));
}

BOOST_AUTO_TEST_CASE(without_a_key_the_text_is_plain_as_before) {
  const auto spec = with_secrets(sample());
  const kfs::spec_sealing plain;
  BOOST_TEST(plain.to_text(spec, "").value() == to_stored_text(spec).value());
  BOOST_CHECK(plain.from_text(to_stored_text(spec).value()) == spec);
}

BOOST_AUTO_TEST_CASE(an_earlier_version_reads_all_but_the_secrets) {
  const auto spec = with_references(sample());
  BOOST_CHECK(from_stored_text(sealed_text(*sealing_with("a"), spec)).processors[2].config ==
              spec.processors[2].config);
}

BOOST_AUTO_TEST_CASE(a_sealed_value_that_is_copied_to_another_place_is_not_opened) {
  const auto sealing = sealing_with("a");
  const auto spec = with_secrets(sample());
  auto stored = json::parse(sealed_text(*sealing, spec));
  const auto is_opened = [&] {
    return sealing->from_text(stored.dump()).options["kafka"]["sasl_password"] ==
           spec.options["kafka"]["sasl_password"];
  };
  BOOST_TEST(is_opened());
  auto& password = stored["options"]["kafka"]["sasl_password"];
  const auto right = password;
  password = stored["options"]["kafka"]["ssl_key_pem"];
  BOOST_TEST(sealed_secret_in(sealing->from_text(stored.dump()).options).has_value());
  password = right;
  stored["id"] = make_uuid();
  BOOST_TEST(!is_opened());
}

BOOST_AUTO_TEST_CASE(a_processor_keeps_its_secrets_when_others_come_before_it) {
  const auto sealing = sealing_with("a");
  const auto spec = with_secrets(sample());
  auto stored = json::parse(sealed_text(*sealing, spec));
  std::swap(stored["processors"][2], stored["processors"][4]);
  for (auto& at : stored["sealed_at"]) {
    auto text = at.get<std::string>();
    if (text.starts_with("/processors/2"))
      text[12] = '4';
    else if (text.starts_with("/processors/4"))
      text[12] = '2';
    at = text;
  }
  BOOST_CHECK(sealing->from_text(stored.dump()).processors[4].config == spec.processors[2].config);
}

BOOST_AUTO_TEST_CASE(without_its_key_a_secret_stays_sealed_and_is_written_as_it_was) {
  const auto spec = with_secrets(sample());
  const auto text = sealed_text(*sealing_with("a"), spec);
  for (const char* keys : {"", "b"}) {
    const auto other = sealing_with(keys);
    auto read = other->from_text(text);
    BOOST_TEST(sealed_secret_in(read.options).has_value());
    BOOST_TEST(sealed_secret_in(read.options)->message.find(key_named("a")) != std::string::npos);
    BOOST_TEST(read.options["kafka"]["sasl_username"] == "fetcher");
    read.topic = "other";
    const auto again = other->to_text(read, other->keys().current());
    BOOST_TEST_REQUIRE(test::holds_value(again));
    auto expected = spec;
    expected.topic = "other";
    BOOST_CHECK(sealing_with("a")->from_text(*again) == expected);
  }
}

BOOST_AUTO_TEST_CASE(a_secret_that_is_sent_again_is_sealed_with_the_new_key_beside_one_that_is_lost) {
  const auto lost = sealed_text(*sealing_with("a"), with_secrets(sample()));
  const auto sealing = sealing_with("b");
  auto spec = sealing->from_text(lost);
  spec.options["kafka"]["sasl_password"] = "s3cret-again";
  const auto text = sealed_text(*sealing, spec);
  BOOST_TEST(!shows_secrets(text));
  BOOST_CHECK(sealing->from_text(text) == spec);
  BOOST_TEST(sealing_with("ba")->from_text(text).options["kafka"]["ssl_key_pem"] ==
             with_secrets(sample()).options["kafka"]["ssl_key_pem"]);
}

BOOST_AUTO_TEST_CASE(a_text_is_moved_once_to_another_key) {
  const auto spec = with_secrets(sample());
  const auto both = sealing_with("ba");
  for (const auto& before : {to_stored_text(spec).value(), sealed_text(*sealing_with("a"), spec)}) {
    const auto moved = both->moved_to(key_named("b"), before);
    BOOST_TEST_REQUIRE((moved && *moved));
    BOOST_TEST(!shows_secrets(**moved));
    BOOST_CHECK(sealing_with("b")->from_text(**moved) == spec);
    BOOST_TEST(!both->moved_to(key_named("b"), **moved)->has_value());
  }
}

BOOST_AUTO_TEST_CASE(what_cannot_be_opened_or_read_is_not_moved) {
  const auto sealing = sealing_with("b");
  const auto lost = sealed_text(*sealing_with("a"), with_secrets(sample()));
  BOOST_TEST(!sealing->moved_to(key_named("b"), lost)->has_value());
  BOOST_TEST(!sealing->moved_to(key_named("b"), "{\"id\": x")->has_value());
}

BOOST_AUTO_TEST_CASE(secrets_are_not_stored_in_plain_text_where_others_are_encrypted) {
  const auto none = sealing_with("");
  BOOST_TEST(none->may_store(with_secrets(sample()), "").has_value());
  const auto refused = none->may_store(with_secrets(sample()), key_named("a"));
  BOOST_REQUIRE(!refused.has_value());
  BOOST_TEST(to_string(refused.error().code) == "secret_unavailable");
  BOOST_TEST(sealing_with("ba")->may_store(with_secrets(sample()), key_named("a")).has_value());
  auto without = with_references(sample());
  without.processors.erase(without.processors.begin(), without.processors.begin() + 2);
  BOOST_TEST(none->may_store(without, key_named("a")).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::spec_sealing_test
