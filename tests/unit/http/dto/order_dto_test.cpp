#include "http/dto/order_dto.hpp"

#include <boost/test/unit_test.hpp>

namespace kfs::order_dto_test {

BOOST_AUTO_TEST_SUITE(order_dto)

BOOST_AUTO_TEST_CASE(partitions_are_put_in_order_and_none_stands_for_all) {
  BOOST_TEST(
      *read_ordered_partitions(json::parse(R"({"partitions":[3,0,3]})")) == (std::vector<partition_number>{0, 3}),
      boost::test_tools::per_element());
  BOOST_TEST(read_ordered_partitions(json::object())->empty());
}

BOOST_AUTO_TEST_CASE(what_names_no_partitions_is_a_mistake) {
  for (const auto* body : {R"([])", R"("all")", R"(null)", R"({"partitions":[]})", R"({"partitions":[-1]})",
                           R"({"partitions":["0"]})", R"({"partitions":[1.5]})", R"({"partitions":0})",
                           R"({"partitions":[100001]})", R"({"partition":[0]})", R"({"partitions":null})"})
    BOOST_TEST(!read_ordered_partitions(json::parse(body)).has_value(), body);
}

BOOST_AUTO_TEST_CASE(consumers_are_those_of_a_tenant_or_all) {
  BOOST_TEST(read_ordered_consumers(json::parse(R"({"tenant":"payments"})"))->tenant.value() == "payments");
  BOOST_TEST(!read_ordered_consumers(json::parse(R"({"all":true})"))->tenant.has_value());
  for (const auto* body : {R"({})", R"([])", R"({"all":false})", R"({"all":"true"})", R"({"all":true,"tenant":"a"})",
                           R"({"tenant":""})", R"({"tenant":7})", R"({"tenants":["a"]})", R"({"all":true,"x":1})"})
    BOOST_TEST(!read_ordered_consumers(json::parse(body)).has_value(), body);
}

BOOST_AUTO_TEST_CASE(consumers_that_did_not_follow_are_named_with_the_reason) {
  BOOST_TEST(ordered_dto(3, {}).dump() == R"({"consumers":3,"failed":[]})");
  BOOST_TEST(ordered_dto(0, {{consumer_id{"a"}, {ec::timed_out, "too late"}}}).dump() ==
             R"({"consumers":0,"failed":[{"consumer_id":"a","code":"timed_out","detail":"too late"}]})");
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::order_dto_test
