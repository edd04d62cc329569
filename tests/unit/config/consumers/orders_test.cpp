#include "config/consumers/orders.hpp"

#include <boost/test/unit_test.hpp>

#include "config/base/json.hpp"

namespace kfs::orders_test {

namespace {

using kind = consumer_order::kind;

standing_orders after(std::vector<consumer_order> given) {
  standing_orders orders;
  for (const auto& order : given) orders = order.added_to(std::move(orders));
  return orders;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(orders)

BOOST_AUTO_TEST_CASE(a_pause_of_all_holds_every_partition_and_a_pause_of_some_only_these) {
  const auto all = after({{.what = kind::pause}}).paused;
  BOOST_TEST(all.holds(0));
  BOOST_TEST(all.holds(99));
  const auto some = after({{.what = kind::pause, .partitions = {1, 3}}}).paused;
  BOOST_TEST(some.any());
  BOOST_TEST(!some.holds(0));
  BOOST_TEST(some.holds(1));
  BOOST_TEST(!some.holds(2));
  BOOST_TEST(some.holds(3));
  BOOST_TEST(!paused_partitions{}.any());
}

BOOST_AUTO_TEST_CASE(pauses_add_up_and_the_same_one_again_changes_nothing) {
  const auto once = after({{.what = kind::pause, .partitions = {3}}, {.what = kind::pause, .partitions = {1, 3}}});
  BOOST_TEST(once.paused.some == (std::vector<partition_number>{1, 3}), boost::test_tools::per_element());
  BOOST_CHECK((consumer_order{.what = kind::pause, .partitions = {1}}.added_to(once) == once));
}

BOOST_AUTO_TEST_CASE(a_resume_ends_what_it_names_and_without_names_every_pause) {
  const std::vector<consumer_order> paused{{.what = kind::pause}, {.what = kind::pause, .partitions = {1, 2}}};
  auto orders = after(paused);
  orders = consumer_order{.what = kind::resume, .partitions = {0, 2}}.added_to(orders);
  BOOST_TEST(orders.paused.all);
  BOOST_TEST(orders.paused.some == (std::vector<partition_number>{1}), boost::test_tools::per_element());
  orders = consumer_order{.what = kind::resume}.added_to(orders);
  BOOST_CHECK((orders == standing_orders{}));
}

BOOST_AUTO_TEST_CASE(each_restart_counts_and_leaves_pauses_as_they_are) {
  const auto orders = after({{.what = kind::pause}, {.what = kind::restart}, {.what = kind::restart}});
  BOOST_TEST(orders.restarts == 2);
  BOOST_TEST(orders.paused.all);
}

BOOST_AUTO_TEST_CASE(equal_orders_have_the_same_text_and_are_read_back) {
  BOOST_TEST(to_stored_text({}) == "{}");
  const standing_orders orders{.paused = {.all = true, .some = {1, 7}}, .restarts = 3};
  BOOST_TEST(to_stored_text(orders) == R"({"paused":true,"paused_partitions":[1,7],"restarts":3})");
  BOOST_CHECK((orders_from_stored_text(to_stored_text(orders)) == orders));
  BOOST_CHECK((orders_from_stored_text("{}") == standing_orders{}));
  BOOST_CHECK((orders_from_stored_text(R"({"of_later_versions":1,"restarts":2})") == standing_orders{.restarts = 2}));
}

BOOST_AUTO_TEST_CASE(a_text_that_no_store_has_written_is_an_error) {
  for (const auto* text : {"", "nonsense", R"({"paused":"yes"})", R"({"paused_partitions":["a"]})"})
    BOOST_CHECK_THROW(orders_from_stored_text(text), json::exception);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::orders_test
