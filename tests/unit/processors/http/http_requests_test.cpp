#include "processors/http/requests.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <numeric>

#include "tests/support/memory_batch.hpp"

namespace kfs::http_requests_test {

using test::memory_batch;
using test::memory_record;
using test::numbered;

namespace {

json config_with(json more) {
  more["endpoint_url"] = "http://127.0.0.1:1/hook";
  return more;
}

/// The request for all records of a batch with this config.
struct written {
  std::string body;
  std::vector<std::string> headers;

  written(const json& config, std::vector<memory_record> of) {
    const memory_batch records(std::move(of));
    const auto options = read_http_sink_options(config_with(config), {});
    kfs::request_writer requests(options);
    std::vector<std::uint32_t> indices(records.records().size());
    std::iota(indices.begin(), indices.end(), 0U);
    prepared_request made;
    requests.prepare(records, indices, 1'700'000'000, made);
    body = made.body;
    headers = made.headers;
    headers.insert(headers.end(), options.fixed_headers.begin(), options.fixed_headers.end());
    headers.insert(headers.end(), options.private_headers.begin(), options.private_headers.end());
  }

  [[nodiscard]] bool has(const std::string& line) const {
    return std::find(headers.begin(), headers.end(), line) != headers.end();
  }

  [[nodiscard]] bool names(const std::string& name) const {
    return std::any_of(headers.begin(), headers.end(),
                       [&](const std::string& line) { return line.starts_with(name + ": "); });
  }
};

const std::string trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

}  // namespace

BOOST_AUTO_TEST_SUITE(http_requests)

BOOST_AUTO_TEST_CASE(one_value_is_sent_as_its_bytes_under_the_name_of_its_place) {
  const written it(json::object(), {{.partition = 3, .position = 42, .value = std::string("\0\xff{", 3)}});
  BOOST_TEST(it.body == std::string("\0\xff{", 3));
  BOOST_TEST(it.has("Idempotency-Key: orders/3/42"));
  BOOST_TEST(it.has("Content-Type: application/json"));
  BOOST_TEST(!it.names("traceparent"));
  BOOST_TEST(!it.names("Kafka-Tombstone"));
}

BOOST_AUTO_TEST_CASE(a_tombstone_is_an_empty_body_that_says_so) {
  const written it(json::object(), {{.value = std::nullopt}});
  BOOST_TEST(it.body.empty());
  BOOST_TEST(it.has("Kafka-Tombstone: true"));
}

BOOST_AUTO_TEST_CASE(a_well_formed_traceparent_travels_along_and_no_other) {
  BOOST_TEST(written(json::object(), {{.headers = {{"traceparent", trace}}}}).has("traceparent: " + trace));
  for (const auto& bad : {trace + "\r\nX-Evil: 1", std::string("00"), std::string(55, 'A')})
    BOOST_TEST(!written(json::object(), {{.headers = {{"traceparent", bad}}}}).names("traceparent"));
}

BOOST_AUTO_TEST_CASE(several_values_are_a_json_array_whatever_they_are) {
  const written it({{"batch_max_messages", 10}}, {{.position = 1, .value = R"({"a":1})"},
                                                  {.position = 2, .value = "no json\n"},
                                                  {.position = 3, .value = std::nullopt},
                                                  {.position = 4, .value = "\xff"},
                                                  {.position = 5, .value = "123456789012345678901234567890"},
                                                  {.position = 6, .value = ""}});
  BOOST_TEST(it.body == R"([{"a":1},"no json\n",null,{"base64":"/w=="},123456789012345678901234567890,""])");
  BOOST_TEST(json::accept(it.body));
  BOOST_TEST(it.has("Content-Type: application/json"));
}

BOOST_AUTO_TEST_CASE(in_ndjson_each_value_has_one_line) {
  const written it({{"batch_max_messages", 10}, {"batch_format", "ndjson"}},
                   {{.position = 1, .value = "{\n  \"a\": \"x y\"\r\n}"}, {.position = 2, .value = "2"}});
  BOOST_TEST(it.body == "{\"a\":\"x y\"}\n2\n");
  BOOST_TEST(it.has("Content-Type: application/x-ndjson"));
}

BOOST_AUTO_TEST_CASE(the_key_of_several_records_tells_exactly_which_they_are) {
  const auto key_of = [](const std::vector<std::int64_t>& offsets) {
    std::vector<memory_record> some;
    for (const auto each : offsets) some.push_back({.position = each});
    const memory_batch records(some);
    std::vector<std::uint32_t> indices(offsets.size());
    std::iota(indices.begin(), indices.end(), 0U);
    return idempotency_key("orders", records.records(), indices);
  };
  BOOST_TEST(key_of({1, 2, 3}) == key_of({1, 2, 3}));
  BOOST_TEST(key_of({1, 2, 3}).starts_with("orders/0/1-3/"));
  BOOST_TEST(key_of({1, 2, 3}) != key_of({1, 3}));
  // Endpoints remember these keys, so the hash must never change.
  BOOST_TEST(key_of({1, 2, 3}) == "orders/0/1-3/da2bfb225e0d1f05");
}

BOOST_AUTO_TEST_CASE(a_binary_cloudevent_has_its_attributes_as_headers) {
  const written it(
      {{"format", "cloudevents"}},
      {{.partition = 1, .position = 9, .value = "{}", .key = "k \xc3\xa9%", .timestamp_ms = 1'767'268'800'123}});
  BOOST_TEST(it.body == "{}");
  for (const auto* line :
       {"ce-specversion: 1.0", "ce-id: orders/1/9", "ce-source: kafka://cluster/orders", "ce-type: kafka.record",
        "ce-time: 2026-01-01T12:00:00.123Z", "ce-partitionkey: k%20%C3%A9%25", "Content-Type: application/json"})
    BOOST_TEST(it.has(line), line);
  BOOST_TEST(
      written({{"format", "cloudevents"}}, {{.value = "no json"}}).has("Content-Type: application/octet-stream"));
}

BOOST_AUTO_TEST_CASE(a_key_that_is_no_string_of_cloudevents_is_left_out) {
  const auto has_key = [](const std::string& key) {
    const written it({{"format", "cloudevents"}, {"cloudevents_mode", "structured"}}, {{.value = "1", .key = key}});
    return json::parse(it.body).contains("partitionkey");
  };
  for (const auto* key :
       {"k", "a b~", "\xc2\xa0", "\xef\xbf\xbd", "\xef\xb7\x8f", "\xef\xb7\xb0", "\xf0\x9f\x98\x80", "\xe2\x80\xa8"})
    BOOST_TEST(has_key(key), key);
  for (const auto* key : {"a\nb", "\x1f", "\x7f", "\xc2\x80", "\xc2\x9f", "a\xef\xb7\x90", "\xef\xb7\xaf",
                          "\xef\xbf\xbe", "\xef\xbf\xbf", "\xf0\x9f\xbf\xbe", "\xf4\x8f\xbf\xbf", "\xff"})
    BOOST_TEST(!has_key(key), key);
  BOOST_TEST(!has_key(std::string(1, '\0')));
}

BOOST_AUTO_TEST_CASE(a_structured_cloudevent_is_json_with_the_value_as_data) {
  const json config{{"format", "cloudevents"}, {"cloudevents_mode", "structured"}, {"cloudevents_type", "com.example"}};
  const written it(config, {{.position = 9, .value = R"({"a":1})", .key = "k", .headers = {{"traceparent", trace}}}});
  BOOST_TEST(json::parse(it.body) == json({{"specversion", "1.0"},
                                           {"id", "orders/0/9"},
                                           {"source", "kafka://cluster/orders"},
                                           {"type", "com.example"},
                                           {"partitionkey", "k"},
                                           {"traceparent", trace},
                                           {"datacontenttype", "application/json"},
                                           {"data", {{"a", 1}}}}));
  BOOST_TEST(it.has("Content-Type: application/cloudevents+json"));
  const auto binary = json::parse(written(config, {{.value = "\xff"}}).body);
  BOOST_TEST(binary.at("data_base64") == "/w==");
  BOOST_TEST(!json::parse(written(config, {{.value = std::nullopt}}).body).contains("datacontenttype"));
}

BOOST_AUTO_TEST_CASE(the_time_of_a_cloudevent_is_left_out_where_no_year_of_four_digits_can_write_it) {
  constexpr std::int64_t last = 253'402'300'799'999;
  const json binary{{"format", "cloudevents"}};
  const json structured{{"format", "cloudevents"}, {"cloudevents_mode", "structured"}};
  BOOST_TEST(written(binary, {{.timestamp_ms = 0}}).has("ce-time: 1970-01-01T00:00:00.000Z"));
  BOOST_TEST(written(binary, {{.timestamp_ms = last}}).has("ce-time: 9999-12-31T23:59:59.999Z"));
  for (const std::int64_t beyond : {last + 1, std::int64_t{1'764'000'101'000'000}, INT64_MAX, std::int64_t{-1}}) {
    BOOST_TEST(!written(binary, {{.timestamp_ms = beyond}}).names("ce-time"));
    BOOST_TEST(!json::parse(written(structured, {{.timestamp_ms = beyond}}).body).contains("time"));
  }
}

BOOST_AUTO_TEST_CASE(batched_cloudevents_are_an_array) {
  const written it({{"format", "cloudevents"}, {"cloudevents_mode", "batched"}, {"batch_max_messages", 5}},
                   numbered(3));
  const auto events = json::parse(it.body);
  BOOST_TEST(events.size() == 3u);
  BOOST_TEST(events.at(2).at("id") == "orders/0/2");
  BOOST_TEST(it.has("Content-Type: application/cloudevents-batch+json"));
}

BOOST_AUTO_TEST_CASE(a_signed_request_has_the_headers_of_standard_webhooks) {
  const written it({{"hmac_secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}}, {{.position = 7, .value = "{}"}});
  BOOST_TEST(it.has("webhook-id: orders/0/7"));
  BOOST_TEST(it.has("webhook-timestamp: 1700000000"));
  BOOST_TEST(it.names("webhook-signature"));
}

BOOST_AUTO_TEST_CASE(credentials_and_headers_are_sent_and_a_content_type_of_the_users_wins) {
  BOOST_TEST(written({{"bearer_token", "t0ken"}}, numbered(1)).has("Authorization: Bearer t0ken"));
  BOOST_TEST(written({{"basic_user", "Aladdin"}, {"basic_password", "open sesame"}}, numbered(1))
                 .has("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
  const written it({{"headers", {{"X-A", "1"}, {"content-type", "text/plain"}}}}, numbered(1));
  BOOST_TEST(it.has("X-A: 1"));
  BOOST_TEST(it.has("content-type: text/plain"));
  BOOST_TEST(!it.has("Content-Type: application/json"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::http_requests_test
