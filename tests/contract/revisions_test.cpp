// Identity and change of one consumer: client-chosen ids, revisions as ETags, stable processor ids, secrets.

#include <boost/test/unit_test.hpp>

#include "tests/contract/contract_server.hpp"

namespace kfs::revisions_test {

using namespace kfs::contract;

namespace {

const std::string chosen_id = "123e4567-e89b-42d3-a456-426614174000";

struct changing_server : contract_server {
  json body = mission_consumer(file("values.log"));

  changing_server() { body["auto_start"] = false; }

  json file_sink(const std::string& name) const {
    return {{"processor_type", "file_sink"}, {"config", {{"file_path", file(name).string()}}}};
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(revisions, changing_server)

BOOST_AUTO_TEST_CASE(a_new_consumer_has_a_location_and_the_etag_of_revision_1) {
  const auto answered = post("/consumers/", body);
  BOOST_TEST(answered.header("location") == path_of(answered.content()));
  BOOST_TEST(answered.header("etag") == "\"1\"");
  BOOST_TEST(answered.content().at("revision") == 1);
  BOOST_TEST(get(answered.header("location")).header("etag") == "\"1\"");
}

BOOST_AUTO_TEST_CASE(a_change_creates_the_next_revision) {
  const auto path = path_of(created(body));
  const auto changed = put(path, {{"topic", "orders"}});
  BOOST_TEST(changed.header("etag") == "\"2\"");
  BOOST_TEST(changed.content().at("revision") == 2);
  BOOST_TEST(get(path).header("etag") == "\"2\"");
}

BOOST_AUTO_TEST_CASE(a_put_without_a_change_creates_no_revision) {
  const auto made = created(body);
  const auto same = put(path_of(made), {{"topic", "payments"}});
  BOOST_TEST(same.status == 200);
  BOOST_TEST(same.header("etag") == "\"1\"");
  BOOST_TEST(same.content().at("updated_at") == made.at("updated_at"));
}

BOOST_AUTO_TEST_CASE(start_and_stop_create_no_revision) {
  const auto path = path_of(created(body));
  BOOST_TEST(post(path + "/start").content().at("revision") == 1);
  BOOST_TEST(post(path + "/stop").content().at("revision") == 1);
}

BOOST_AUTO_TEST_CASE(put_and_delete_with_a_stale_etag_are_412_and_change_nothing) {
  const auto path = path_of(created(body));
  BOOST_TEST(put(path, {{"topic", "orders"}}, {"If-Match: \"1\""}).status == 200);
  const auto stale = put(path, {{"topic", "third"}}, {"If-Match: \"1\""});
  BOOST_TEST(stale.status == 412);
  BOOST_TEST(!stale.detail().empty());
  BOOST_TEST(remove(path, {"If-Match: \"1\""}).status == 412);
  BOOST_TEST(get(path).content().at("topic") == "orders");
}

BOOST_AUTO_TEST_CASE(put_and_delete_succeed_with_the_current_etag_a_star_or_none) {
  const auto path = path_of(created(body));
  BOOST_TEST(put(path, {{"topic", "a"}}, {"If-Match: \"1\""}).status == 200);
  BOOST_TEST(put(path, {{"topic", "b"}}, {"If-Match: \"7\", \"2\""}).status == 200);
  BOOST_TEST(put(path, {{"topic", "c"}}, {"If-Match: *"}).status == 200);
  BOOST_TEST(put(path, {{"topic", "d"}}).status == 200);
  BOOST_TEST(remove(path, {"If-Match: \"5\""}).status == 204);
}

BOOST_AUTO_TEST_CASE(a_client_may_choose_the_id_and_repeat_the_request) {
  body["consumer_id"] = chosen_id;
  const auto first = post("/consumers/", body);
  BOOST_TEST(first.status == 201);
  BOOST_TEST(first.content().at("consumer_id") == chosen_id);
  const auto again = post("/consumers/", body);
  BOOST_TEST(again.status == 200);
  BOOST_TEST(again.content() == first.content());
  BOOST_TEST(get("/consumers").content().size() == 1U);
}

BOOST_AUTO_TEST_CASE(the_same_id_with_a_different_body_is_409) {
  body["consumer_id"] = chosen_id;
  created(body);
  body["topic"] = "orders";
  const auto answered = post("/consumers/", body);
  BOOST_TEST(answered.status == 409);
  BOOST_TEST(!answered.detail().empty());
  BOOST_TEST(get("/consumers/" + chosen_id).content().at("topic") == "payments");
}

BOOST_AUTO_TEST_CASE(a_chosen_id_is_a_lower_case_uuid) {
  for (const json& id : {json("mine"), json("123E4567-E89B-42D3-A456-426614174000"), json(1), json("")}) {
    body["consumer_id"] = id;
    const auto answered = post("/consumers/", body);
    BOOST_TEST(answered.status == 422);
    BOOST_TEST(answered.content().at("detail").at(0).at("loc") == json({"body", "consumer_id"}));
  }
}

BOOST_AUTO_TEST_CASE(the_answer_of_a_get_can_be_edited_and_put_back) {
  const auto path = path_of(created(body));
  auto consumer = get(path).content();
  BOOST_TEST(put(path, consumer).header("etag") == "\"1\"");
  consumer["topic"] = "orders";
  consumer["status"] = "ERROR";
  consumer["revision"] = 99;
  const auto changed = put(path, consumer);
  BOOST_TEST(changed.status == 200);
  BOOST_TEST(changed.content().at("topic") == "orders");
  BOOST_TEST(changed.content().at("status") == "INACTIVE");
  BOOST_TEST(changed.content().at("revision") == 2);
  BOOST_TEST(changed.content().at("processor_configs") == consumer.at("processor_configs"));
}

BOOST_AUTO_TEST_CASE(the_answer_of_a_get_can_be_posted_as_a_new_consumer) {
  auto consumer = created(body);
  consumer.erase("consumer_id");
  consumer["auto_start"] = false;
  for (auto& processor : consumer["processor_configs"]) processor.erase("id");
  BOOST_TEST(post("/consumers", consumer).status == 201);
}

BOOST_AUTO_TEST_CASE(a_processor_keeps_its_id_when_it_is_sent_with_it_or_is_unchanged) {
  body["processor_configs"] = json::array({file_sink("a"), file_sink("b")});
  const auto made = created(body);
  const auto& before = made.at("processor_configs");

  auto changed_b = before.at(1);
  changed_b["config"]["file_path"] = file("c").string();
  const auto changed =
      put(path_of(made), {{"processor_configs", json::array({changed_b, file_sink("d"), file_sink("a")})}});
  BOOST_TEST_REQUIRE(changed.status == 200);
  const auto content = changed.content();
  const auto& after = content.at("processor_configs");
  BOOST_TEST_REQUIRE(after.size() == 3U);
  BOOST_TEST(after.at(0).at("id") == before.at(1).at("id"));
  BOOST_TEST(after.at(0).at("created_at") == before.at(1).at("created_at"));
  BOOST_TEST(after.at(0).at("config").at("file_path") == file("c").string());
  BOOST_TEST(after.at(1).at("id") != before.at(0).at("id"));
  BOOST_TEST(after.at(2).at("id") == before.at(0).at("id"));
}

BOOST_AUTO_TEST_CASE(the_list_of_processors_can_be_empty) {
  body["processor_configs"] = json::array();
  const auto made = created(body);
  BOOST_TEST(made.at("processor_configs") == json::array());
}

BOOST_AUTO_TEST_CASE(options_are_answered_as_they_were_sent) {
  const json options{{"auto_offset_reset", "latest"}, {"batch", {{"max_messages", 500}}}, {"stop_timeout_ms", 1000}};
  body["options"] = options;
  BOOST_TEST(created(body).at("options") == options);
}

BOOST_AUTO_TEST_CASE(a_secret_is_masked_and_kept_when_its_mask_is_sent_back) {
  const std::string secret = "correct-horse-battery";
  body["consumer_id"] = chosen_id;
  body["options"]["kafka"] = {{"security_protocol", "SASL_PLAINTEXT"},
                              {"sasl_mechanism", "PLAIN"},
                              {"sasl_username", "user"},
                              {"sasl_password", secret}};
  const auto made = created(body);
  const auto path = path_of(made);
  BOOST_TEST(made.dump().find(secret) == std::string::npos);
  BOOST_TEST(made.at("options").at("kafka").at("sasl_password") == "********");

  BOOST_TEST(put(path, get(path).content()).header("etag") == "\"1\"");
  BOOST_TEST(post("/consumers", body).status == 200);  // the secret is still the one of the first request
  for (const auto& answered : {get(path), get("/consumers"), get("/health")}) {
    BOOST_TEST(answered.body.find(secret) == std::string::npos);
  }
  BOOST_TEST(process().log().find(secret) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_mask_without_a_stored_secret_is_rejected) {
  body["options"]["kafka"] = {{"sasl_mechanism", "PLAIN"}, {"sasl_username", "user"}, {"sasl_password", "********"}};
  BOOST_TEST(post("/consumers", body).status == 422);
}

BOOST_AUTO_TEST_CASE(consumers_survive_a_restart_of_the_server) {
  const auto first = created(body);
  body["topic"] = "orders";
  const auto second = created(body);
  put(path_of(second), {{"topic", "returns"}});
  process().kill();
  process().start();
  const auto listed = process().client().get("/consumers").parsed();
  BOOST_TEST_REQUIRE(listed.size() == 2U);
  BOOST_TEST(listed.at(0).at("consumer_id") == first.at("consumer_id"));
  BOOST_TEST(listed.at(1).at("consumer_id") == second.at("consumer_id"));
  BOOST_TEST(listed.at(1).at("topic") == "returns");
  BOOST_TEST(listed.at(1).at("revision") == 2);
  BOOST_TEST(listed.at(1).at("processor_configs") == second.at("processor_configs"));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::revisions_test
