// Which consumers shall run, and which of them together.

#include "cluster/wanted_book.hpp"

#include <boost/test/unit_test.hpp>

#include "config/consumers/change.hpp"

namespace kfs::wanted_book_test {

namespace {

wanted_consumer wanted(const std::string& id, const std::string& file, const std::string& topic = "orders",
                       target_state target = target_state::started, int instances = 1) {
  consumer_request asked;
  asked.id = consumer_id{id};
  asked.broker_ip = "127.0.0.10";
  asked.broker_port = 9092;
  asked.topic = topic;
  asked.consumer_group = "group";
  asked.auto_start = target == target_state::started;
  asked.processors = {{std::nullopt, "file_sink", {{"file_path", file}}}};
  asked.options = {{"instances", instances}};
  return {.spec = make_consumer(asked, timestamp{}), .change = 1};
}

wanted_changes changes(std::vector<wanted_consumer> changed, bool everything = true) {
  wanted_changes made{.everything = everything, .changed = std::move(changed), .all = {}, .up_to = 1};
  for (const auto& one : made.changed) made.all.push_back(one.spec.id);
  return made;
}

std::string together(const std::vector<wanted_instance>& all, const std::string& id) {
  for (const auto& one : all)
    if (one.instance.consumer.value == id) return one.together;
  return "not wanted";
}

}  // namespace

BOOST_AUTO_TEST_SUITE(wanted_book)

BOOST_AUTO_TEST_CASE(only_started_consumers_shall_run) {
  kfs::wanted_book book;
  book.apply(changes({wanted("a", "/tmp/a"), wanted("b", "/tmp/b", "orders", target_state::stopped)}));
  BOOST_TEST(book.instances().size() == 1U);
  book.apply(changes({wanted("a", "/tmp/a", "orders", target_state::stopped)}, false));
  BOOST_TEST(book.instances().empty());
}

BOOST_AUTO_TEST_CASE(consumers_that_share_a_file_run_together_also_through_others) {
  kfs::wanted_book book;
  auto both = wanted("b", "/tmp/one");
  both.spec.processors.push_back(wanted("x", "/tmp/two").spec.processors.front());
  book.apply(changes({wanted("a", "/tmp/one"), both, wanted("c", "/tmp/two"), wanted("d", "/tmp/three")}));
  const auto all = book.instances();
  BOOST_TEST(together(all, "a") == "a/0");
  BOOST_TEST(together(all, "b") == "a/0");
  BOOST_TEST(together(all, "c") == "a/0");
  BOOST_TEST(together(all, "d").empty());
}

BOOST_AUTO_TEST_CASE(the_topic_in_a_path_is_that_of_the_consumer) {
  kfs::wanted_book book;
  book.apply(
      changes({wanted("a", "/tmp/{topic}", "one"), wanted("b", "/tmp/{topic}", "two"), wanted("c", "/tmp/one")}));
  const auto all = book.instances();
  BOOST_TEST(together(all, "a") == "a/0");
  BOOST_TEST(together(all, "b").empty());
  BOOST_TEST(together(all, "c") == "a/0");
}

BOOST_AUTO_TEST_CASE(instances_with_files_of_their_own_or_without_files_are_free) {
  kfs::wanted_book book;
  auto without = wanted("b", "/tmp/b", "orders", target_state::started, 2);
  without.spec.processors.clear();
  book.apply(changes({wanted("a", "/tmp/a-{instance}", "orders", target_state::started, 3), without}));
  const auto all = book.instances();
  BOOST_TEST(all.size() == 5U);
  for (const auto& one : all) BOOST_TEST(one.together.empty());
}

BOOST_AUTO_TEST_CASE(instances_that_write_to_one_file_run_together) {
  kfs::wanted_book book;
  book.apply(changes({wanted("a", "/tmp/a-{partition}", "orders", target_state::started, 3)}));
  const auto all = book.instances();
  BOOST_TEST(all.size() == 3U);
  for (const auto& one : all) BOOST_TEST(one.together == "a/0");
}

BOOST_AUTO_TEST_CASE(
    the_instance_that_shares_its_file_with_another_consumer_runs_with_that_one_and_the_others_are_free) {
  kfs::wanted_book book;
  book.apply(
      changes({wanted("a", "/tmp/out-{instance}", "orders", target_state::started, 3), wanted("b", "/tmp/out-1")}));
  for (const auto& one : book.instances()) {
    const bool shares = one.instance.consumer.value == "b" || one.instance.number == 1;
    BOOST_TEST(one.together == (shares ? "a/1" : ""));
  }
}

BOOST_AUTO_TEST_CASE(what_was_deleted_is_forgotten) {
  kfs::wanted_book book;
  book.apply(changes({wanted("a", "/tmp/a"), wanted("b", "/tmp/b")}));
  wanted_changes later{.everything = false, .changed = {}, .all = {{"b"}}, .up_to = 2};
  book.apply(later);
  BOOST_TEST(together(book.instances(), "a") == "not wanted");
  BOOST_TEST(book.instances().size() == 1U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::wanted_book_test
