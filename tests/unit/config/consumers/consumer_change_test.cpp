#include <boost/test/unit_test.hpp>

#include "config/consumers/change.hpp"

namespace kfs::consumer_change_test {

namespace {

constexpr timestamp created{std::chrono::milliseconds{1'000}};
constexpr timestamp later{std::chrono::milliseconds{2'000}};

requested_processor file_sink(const std::string& path) {
  return {std::nullopt, "file_sink", {{"file_path", path}}};
}

consumer_request request() {
  consumer_request asked;
  asked.broker_ip = "broker";
  asked.broker_port = 9092;
  asked.topic = "topic";
  asked.consumer_group = "group";
  asked.auto_start = true;
  asked.processors = {file_sink("/tmp/a"), file_sink("/tmp/b")};
  asked.options = {{"batch", {{"max_messages", 1}, {"max_bytes", 2048}}}};
  return asked;
}

consumer_spec stored() {
  return make_consumer(request(), created);
}

consumer_change with_processors(std::vector<requested_processor> processors) {
  consumer_change change;
  change.processors = std::move(processors);
  return change;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(consumer_change)

BOOST_AUTO_TEST_CASE(a_new_consumer_is_what_was_asked_for_at_revision_one) {
  const auto made = stored();
  BOOST_TEST(is_uuid(made.id.value));
  BOOST_TEST(made.broker_ip == "broker");
  BOOST_TEST(made.broker_port == 9092);
  BOOST_TEST(made.topic == "topic");
  BOOST_TEST(made.consumer_group == "group");
  BOOST_TEST(made.rev.value == 1);
  BOOST_CHECK(made.target == target_state::started);
  BOOST_CHECK(made.created_at == created);
  BOOST_CHECK(made.updated_at == created);
  BOOST_TEST(made.options == request().options);
  BOOST_REQUIRE_EQUAL(made.processors.size(), 2U);
  BOOST_TEST(is_uuid(made.processors[0].id.value));
  BOOST_TEST(made.processors[0].id.value != made.processors[1].id.value);
  BOOST_TEST(made.processors[1].config == request().processors[1].config);
  BOOST_CHECK(made.processors[1].created_at == created);
}

BOOST_AUTO_TEST_CASE(a_consumer_takes_the_id_that_its_client_chose) {
  auto asked = request();
  asked.id = consumer_id{"123e4567-e89b-42d3-a456-426614174000"};
  BOOST_TEST(make_consumer(asked, created).id.value == asked.id->value);
}

BOOST_AUTO_TEST_CASE(a_consumer_that_shall_not_start_is_stopped) {
  auto asked = request();
  asked.auto_start = false;
  BOOST_CHECK(make_consumer(asked, created).target == target_state::stopped);
}

BOOST_AUTO_TEST_CASE(a_changed_broker_topic_or_group_stops_the_consumer) {
  std::vector<kfs::consumer_change> changes(4);
  changes[0].broker_ip = "other";
  changes[1].broker_port = 9093;
  changes[2].topic = "other";
  changes[3].consumer_group = "other";
  for (const auto& change : changes) {
    const auto changed = changed_consumer(stored(), change, later);
    BOOST_CHECK(changed.target == target_state::stopped);
    BOOST_TEST(changed.rev.value == 2);
    BOOST_CHECK(changed.updated_at == later);
    BOOST_CHECK(changed.created_at == created);
  }
  BOOST_TEST(changed_consumer(stored(), changes[1], later).broker_port == 9093);
  BOOST_TEST(changed_consumer(stored(), changes[2], later).topic == "other");
}

BOOST_AUTO_TEST_CASE(a_change_that_changes_nothing_makes_no_revision) {
  const auto before = stored();
  kfs::consumer_change same;
  same.broker_ip = "broker";
  same.broker_port = 9092;
  same.topic = "topic";
  same.consumer_group = "group";
  same.processors = request().processors;
  same.options = json{{"batch", {{"max_bytes", 2048}, {"max_messages", 1}}}};
  BOOST_CHECK(changed_consumer(before, same, later) == before);
  BOOST_CHECK(changed_consumer(before, {}, later) == before);
}

BOOST_AUTO_TEST_CASE(changed_options_replace_the_old_ones_and_leave_the_consumer_started) {
  kfs::consumer_change change;
  change.options = json{{"stop_timeout_ms", 500}};
  const auto changed = changed_consumer(stored(), change, later);
  BOOST_TEST(changed.options == *change.options);
  BOOST_TEST(changed.rev.value == 2);
  BOOST_CHECK(changed.target == target_state::started);
}

BOOST_AUTO_TEST_CASE(a_processor_sent_with_its_id_keeps_it_and_its_age) {
  const auto before = stored();
  auto edited = file_sink("/tmp/other");
  edited.id = before.processors[0].id;
  const auto changed = changed_consumer(before, with_processors({edited, file_sink("/tmp/b")}), later);
  BOOST_TEST(changed.processors[0].id.value == before.processors[0].id.value);
  BOOST_TEST(changed.processors[0].config == edited.config);
  BOOST_CHECK(changed.processors[0].created_at == created);
  BOOST_CHECK(changed.processors[0].updated_at == later);
  BOOST_CHECK(changed.processors[1] == before.processors[1]);
  BOOST_CHECK(changed.target == target_state::started);
}

BOOST_AUTO_TEST_CASE(an_equal_processor_keeps_its_id_in_another_place) {
  const auto before = stored();
  const auto changed = changed_consumer(
      before, with_processors({file_sink("/tmp/new"), file_sink("/tmp/b"), file_sink("/tmp/a")}), later);
  BOOST_REQUIRE_EQUAL(changed.processors.size(), 3U);
  BOOST_CHECK(changed.processors[0].created_at == later);
  BOOST_CHECK(changed.processors[1] == before.processors[1]);
  BOOST_CHECK(changed.processors[2] == before.processors[0]);
}

BOOST_AUTO_TEST_CASE(a_processor_that_another_names_by_id_is_not_given_to_its_equal) {
  const auto before = stored();
  auto named = file_sink("/tmp/moved");
  named.id = before.processors[0].id;
  const auto changed = changed_consumer(before, with_processors({file_sink("/tmp/a"), named}), later);
  BOOST_TEST(changed.processors[1].id.value == before.processors[0].id.value);
  BOOST_TEST(changed.processors[0].id.value != before.processors[0].id.value);
}

BOOST_AUTO_TEST_CASE(no_two_processors_share_an_id) {
  const auto before = stored();
  auto first = file_sink("/tmp/a");
  first.id = before.processors[0].id;
  const auto changed = changed_consumer(before, with_processors({first, first}), later);
  BOOST_TEST(changed.processors[0].id.value != changed.processors[1].id.value);
}

BOOST_AUTO_TEST_CASE(an_id_of_no_processor_of_this_consumer_is_replaced) {
  auto stranger = file_sink("/tmp/c");
  stranger.id = processor_id{"123e4567-e89b-42d3-a456-426614174000"};
  const auto changed = changed_consumer(stored(), with_processors({stranger}), later);
  BOOST_TEST(changed.processors[0].id.value != stranger.id->value);
}

BOOST_AUTO_TEST_CASE(processors_can_be_removed) {
  const auto changed = changed_consumer(stored(), with_processors({}), later);
  BOOST_TEST(changed.processors.empty());
  BOOST_TEST(changed.rev.value == 2);
}

BOOST_AUTO_TEST_CASE(the_same_body_sent_again_is_recognised_whatever_the_order_of_its_keys) {
  auto again = request();
  again.options = {{"batch", {{"max_bytes", 2048}, {"max_messages", 1}}}};
  BOOST_TEST(same_request(stored(), make_consumer(again, later)));
}

BOOST_AUTO_TEST_CASE(another_body_is_told_apart) {
  std::vector<consumer_request> others(7, request());
  others[0].broker_ip = "other";
  others[1].topic = "other";
  others[2].consumer_group = "other";
  others[3].auto_start = false;
  others[4].processors.pop_back();
  others[5].options = json::object();
  others[6].broker_port = 1;
  for (const auto& other : others) BOOST_TEST(!same_request(stored(), make_consumer(other, created)));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::consumer_change_test
