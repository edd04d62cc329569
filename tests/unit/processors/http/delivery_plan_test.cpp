#include "processors/http/delivery_plan.hpp"

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <random>
#include <string>

#include "tests/support/memory_batch.hpp"

namespace kfs::delivery_plan_test {

using test::memory_batch;
using test::memory_record;
using test::numbered;

namespace {

/// A request as "0/3-5": its partition, and its first and last offset.
std::string text_of(const kfs::delivery_plan& plan, const batch& of, const kfs::delivery_plan::request& one) {
  const auto indices = plan.records_of(one);
  const auto& first = of.records()[indices.front()];
  auto text = std::to_string(first.partition) + '/' + std::to_string(first.position.value);
  if (indices.size() > 1) text += '-' + std::to_string(of.records()[indices.back()].position.value);
  return text;
}

struct planning {
  using request = kfs::delivery_plan::request;

  memory_batch records;
  record_places accepted_before;
  kfs::delivery_plan plan;
  std::vector<request> taken;

  planning(std::vector<memory_record> of, delivery_order order, kfs::delivery_plan::limits limits = {},
           record_places accepted = {})
      : records(std::move(of)),
        accepted_before(std::move(accepted)),
        plan(records.records(), order, limits, accepted_before) {}

  /// Takes all requests that may be sent now.
  std::vector<std::string> take() {
    std::vector<std::string> texts;
    taken.clear();
    while (plan.has_next()) {
      taken.push_back(plan.next());
      texts.push_back(text_of(plan, records, taken.back()));
    }
    return texts;
  }
};

using texts = std::vector<std::string>;

}  // namespace

BOOST_AUTO_TEST_SUITE(delivery_plan)

BOOST_AUTO_TEST_CASE(a_record_waits_for_the_one_before_of_its_partition_and_for_no_other) {
  planning it({{0, 1}, {0, 2}, {1, 7}, {1, 8}}, delivery_order::partition);
  BOOST_TEST(it.take() == (texts{"0/1", "1/7"}), boost::test_tools::per_element());
  it.plan.accepted(it.taken.back());
  BOOST_TEST(it.take() == texts{"1/8"}, boost::test_tools::per_element());
  BOOST_TEST(!it.plan.all_accepted());
}

BOOST_AUTO_TEST_CASE(records_behind_a_rejected_one_are_sent_when_they_are_tried_past_it) {
  planning it({{0, 1}, {0, 2}, {0, 3}, {0, 4}}, delivery_order::partition, {.past_rejected = 2});
  it.take();
  BOOST_TEST(!it.plan.rejected(it.taken.back()));
  BOOST_TEST(it.take() == texts{"0/2"}, boost::test_tools::per_element());
  it.plan.accepted(it.taken.back());
  BOOST_TEST(it.plan.newly_accepted() == 1u);
  BOOST_TEST(it.take() == texts{"0/3"}, boost::test_tools::per_element());
  it.plan.rejected(it.taken.back());
  BOOST_TEST(it.take() == texts{"0/4"}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(not_all_records_are_tried_where_none_is_accepted) {
  planning it({{0, 1}, {0, 2}, {0, 3}}, delivery_order::partition, {.past_rejected = 2});
  it.take();
  it.plan.rejected(it.taken.back());
  it.take();
  it.plan.rejected(it.taken.back());
  BOOST_TEST(!it.plan.has_next());
}

BOOST_AUTO_TEST_CASE(with_the_order_of_keys_other_keys_do_not_wait) {
  planning it({{0, 1, "v", "a"}, {0, 2, "v", "a"}, {0, 3, "v", "b"}}, delivery_order::key, {.lanes = 1'009});
  auto now = it.take();
  std::ranges::sort(now);
  BOOST_TEST(now == (texts{"0/1", "0/3"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(without_an_order_nothing_waits) {
  planning it(numbered(3), delivery_order::none);
  BOOST_TEST(it.take() == (texts{"0/0", "0/1", "0/2"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(a_request_holds_so_many_records_of_one_partition_and_so_many_bytes) {
  auto some = numbered(5);
  some.push_back({1, 0});
  planning by_count(some, delivery_order::none, {.records = 2});
  BOOST_TEST(by_count.take() == (texts{"0/0-1", "1/0", "0/2-3", "0/4"}), boost::test_tools::per_element());
  planning by_size({{0, 0, "12345"}, {0, 1, "12345"}, {0, 2, "1"}, {0, 3, std::string(50, 'x')}, {0, 4, "1"}},
                   delivery_order::none, {.records = 10, .bytes = 10});
  BOOST_TEST(by_size.take() == (texts{"0/0-1", "0/2", "0/3", "0/4"}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(behind_a_fault_or_a_rejected_record_of_the_same_lane_nothing_is_sent) {
  planning fault(numbered(2), delivery_order::partition);
  fault.take();
  fault.plan.faulted(fault.taken.front());
  BOOST_TEST(fault.take().empty());
  planning rejected(numbered(2), delivery_order::partition);
  rejected.take();
  BOOST_TEST(!rejected.plan.rejected(rejected.taken.front()));
  BOOST_TEST(rejected.take().empty());
  BOOST_TEST(!rejected.plan.all_accepted());
}

BOOST_AUTO_TEST_CASE(a_rejected_request_is_halved_in_order_until_the_bad_record_is_found) {
  planning it(numbered(5), delivery_order::partition, {.records = 4});
  BOOST_TEST(it.take() == texts{"0/0-3"}, boost::test_tools::per_element());
  BOOST_TEST(it.plan.rejected(it.taken.front()));
  BOOST_TEST(it.take() == texts{"0/0-1"}, boost::test_tools::per_element());
  it.plan.accepted(it.taken.front());
  BOOST_TEST(it.take() == texts{"0/2-3"}, boost::test_tools::per_element());
  it.plan.rejected(it.taken.front());
  BOOST_TEST(it.take() == texts{"0/2"}, boost::test_tools::per_element());
  it.plan.accepted(it.taken.front());
  BOOST_TEST(it.take() == texts{"0/3"}, boost::test_tools::per_element());
  BOOST_TEST(!it.plan.rejected(it.taken.front()));
  BOOST_TEST((it.plan.accepted_places() == record_places{{0, offset{0}}, {0, offset{1}}, {0, offset{2}}}));
}

BOOST_AUTO_TEST_CASE(what_was_accepted_is_left_out_and_the_other_requests_stay_the_same) {
  planning it(numbered(6), delivery_order::none, {.records = 2}, {{0, offset{2}}, {0, offset{3}}, {0, offset{4}}});
  BOOST_TEST(it.take() == (texts{"0/0-1", "0/5"}), boost::test_tools::per_element());
  for (const auto& one : it.taken) it.plan.accepted(one);
  BOOST_TEST(it.plan.all_accepted());
}

BOOST_AUTO_TEST_CASE(whatever_fails_every_record_is_accepted_once_and_in_the_order_of_its_partition) {
  std::mt19937 random{7};
  for (int round = 0; round < 300; ++round) {
    std::vector<memory_record> some;
    std::map<partition_number, std::int64_t> end;
    for (int i = 0; i < 60; ++i) {
      const auto partition = static_cast<partition_number>(random() % 3);
      some.push_back({partition, end[partition]++, "v", std::to_string(random() % 4)});
    }
    const memory_batch records(some);
    const std::size_t most = 1 + random() % 7;
    record_places accepted;
    std::map<partition_number, std::int64_t> next;
    bool done = false;
    for (int attempt = 0; attempt < 2'000 && !done; ++attempt) {
      kfs::delivery_plan plan(records.records(), delivery_order::partition, {.records = most}, accepted);
      while (plan.has_next()) {
        const auto one = plan.next();
        const auto fate = random() % 10;
        if (fate == 0) {
          plan.faulted(one);
        } else if (fate == 1) {
          plan.rejected(one);
        } else {
          for (const auto index : plan.records_of(one)) {
            const auto& each = records.records()[index];
            BOOST_REQUIRE(each.position.value == next[each.partition]++);
          }
          plan.accepted(one);
        }
      }
      accepted = plan.accepted_places();
      done = accepted.size() == records.records().size();
    }
    BOOST_REQUIRE(done);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::delivery_plan_test
