#include "http/dto/consumer_dto.hpp"

#include <boost/test/unit_test.hpp>

#include "http/dto/health_dto.hpp"
#include "http/dto/monitoring_dto.hpp"

namespace kfs::consumer_dto_test {

BOOST_AUTO_TEST_SUITE(consumer_dto)

namespace {

consumer_view_ptr sample(const std::string& group = "payment_group") {
  consumer_spec spec;
  spec.id = consumer_id{"123e4567-e89b-42d3-a456-426614174000"};
  spec.broker_ip = "127.0.0.10";
  spec.broker_port = 9092;
  spec.topic = "payments";
  spec.consumer_group = group;
  spec.processors.push_back({processor_id{"223e4567-e89b-42d3-a456-426614174001"}, "file_sink",
                             json{{"file_path", "/tmp/a"}}, timestamp{}, timestamp{}});
  spec.options = json::parse(R"({"kafka":{"sasl_password":"********"}})");
  spec.rev = revision{1};
  consumer_view view;
  view.spec = std::make_shared<const consumer_spec>(std::move(spec));
  view.status = consumer_status::active;
  view.replica = "fetcher-0";
  return std::make_shared<const consumer_view>(std::move(view));
}

}  // namespace

BOOST_AUTO_TEST_CASE(keys_come_in_the_contracts_order) {
  BOOST_TEST(
      to_dto(*sample()).dump() ==
      R"({"consumer_id":"123e4567-e89b-42d3-a456-426614174000","broker_ip":"127.0.0.10","broker_port":9092,)"
      R"("topic":"payments","consumer_group":"payment_group","status":"ACTIVE","processor_configs":[)"
      R"({"id":"223e4567-e89b-42d3-a456-426614174001","processor_type":"file_sink",)"
      R"("config":{"file_path":"/tmp/a"},"created_at":"1970-01-01T00:00:00.000Z",)"
      R"("updated_at":"1970-01-01T00:00:00.000Z"}],"created_at":"1970-01-01T00:00:00.000Z",)"
      R"("updated_at":"1970-01-01T00:00:00.000Z","revision":1,"replica":"fetcher-0","last_error":null,)"
      R"("recovery":null,"paused":false,"paused_partitions":[],"options":{"kafka":{"sasl_password":"********"}},"tenant":"default"})");
}

BOOST_AUTO_TEST_CASE(a_fault_has_code_message_source_time_and_attempts) {
  const fault_report fault{ec::broker_silent, "no answer", fault_source::of_kafka(), timestamp{}, 3};
  BOOST_TEST(to_dto(std::optional(fault)).dump() ==
             R"({"code":"broker_silent","message":"no answer","source":"kafka","at":"1970-01-01T00:00:00.000Z",)"
             R"("attempts":3})");
}

BOOST_AUTO_TEST_CASE(the_groups_of_our_consumers_are_distinct_and_sorted) {
  BOOST_TEST(groups_dto(groups_of({sample("b"), sample("a"), sample("b")})).dump() ==
             R"({"consumer_groups":["a","b"]})");
  BOOST_TEST(groups_dto({}).dump() == R"({"consumer_groups":[]})");
}

BOOST_AUTO_TEST_CASE(offsets_of_a_group_have_the_missions_form) {
  const std::vector<committed_offset> offsets{{"payments", 0, offset{42}, std::nullopt},
                                              {"payments", 1, offset{109}, ""}};
  BOOST_TEST(group_offsets_dto("payment_group", offsets).dump() ==
             R"({"group_id":"payment_group","offsets":[{"topic":"payments","partition":0,"current_offset":42,)"
             R"("metadata":null},{"topic":"payments","partition":1,"current_offset":109,"metadata":""}]})");
  BOOST_TEST(offsets_by_topic_dto(offsets).dump() == R"({"payments":{"0":42,"1":109}})");
}

BOOST_AUTO_TEST_CASE(lag_is_never_below_zero) {
  BOOST_TEST(lag_dto({{0, offset{42}, offset{45}}, {1, offset{9}, offset{5}}}).dump() ==
             R"({"0":{"current_offset":42,"log_end_offset":45,"lag":3},)"
             R"("1":{"current_offset":9,"log_end_offset":5,"lag":0}})");
}

BOOST_AUTO_TEST_CASE(health_is_down_without_the_store_and_degraded_with_a_failed_consumer) {
  auto failed = *sample();
  failed.status = consumer_status::error;
  const std::vector<consumer_view_ptr> consumers{std::make_shared<const consumer_view>(failed)};
  BOOST_TEST(health_dto(server_health{}, {sample()}, "1")["status"] == "UP");
  BOOST_TEST(health_dto(server_health{}, consumers, "1")["status"] == "DEGRADED");
  server_health lost;
  lost.store_fault = error{ec::store_unavailable, "disk full"};
  BOOST_TEST(health_dto(lost, consumers, "1")["status"] == "DOWN");
  BOOST_TEST(why_not_ready(lost).value() == "the store does not answer: disk full");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_dto_test
