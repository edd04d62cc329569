// A sink that forwards under a lease starts no request after its end.

#include <atomic>

#include "processors/leases.hpp"
#include "tests/integration/forwarder_fixture.hpp"

namespace kfs::forwarder_lease_test {

using namespace kfs::forwarder;

namespace {

/// A lease that ends when the test says so.
class ending_lease final : public lease_view {
 public:
  std::atomic<bool> over = false;

  [[nodiscard]] std::optional<write_lease> held(const consumer_id&, int) const override {
    return write_lease{.epoch = 5,
                       .until = over ? std::optional(std::chrono::steady_clock::time_point{}) : std::nullopt};
  }
  [[nodiscard]] bool has_ended(const consumer_id&, int, std::uint64_t) const override { return false; }
};

struct fixture : forwarding {
  std::shared_ptr<ending_lease> lease = std::make_shared<ending_lease>();

  fixture() { environment.leases = lease; }

  /// The first request ends the lease, and gets this answer.
  test::http_endpoint::script ends_it(endpoint_answer answer) const {
    return [answer, lease = lease](const endpoint_request&) {
      lease->over = true;
      return answer;
    };
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(forwarder_lease, fixture)

BOOST_AUTO_TEST_CASE(under_a_lease_everything_is_sent_and_after_it_nothing) {
  const auto sink = make();
  accepts(*sink, memory_batch(numbered(3)));
  lease->over = true;
  BOOST_TEST((fault_of(*sink, memory_batch(numbered(3, 0, 3))).code == ec::lease_lost));
  BOOST_TEST(accepted().size() == 3u);
}

BOOST_AUTO_TEST_CASE(no_further_request_starts_when_the_lease_ends_amid_a_batch) {
  endpoint.answer_with(ends_it({}));
  const auto sink = make({{"max_in_flight", 1}});
  BOOST_TEST((fault_of(*sink, memory_batch(numbered(5))).code == ec::lease_lost));
  BOOST_TEST(endpoint.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_request_that_failed_is_not_sent_again_after_the_end_of_the_lease) {
  endpoint.answer_with(ends_it({.status = 503}));
  const auto sink = make({{"max_in_flight", 1}});
  BOOST_TEST((fault_of(*sink, memory_batch(numbered(2))).code == ec::lease_lost));
  BOOST_TEST(endpoint.requests().size() == 1u);
}

BOOST_AUTO_TEST_CASE(a_redirect_is_not_followed_after_the_end_of_the_lease) {
  endpoint.answer_with(ends_it({.status = 307, .headers = {"Location: /elsewhere"}}));
  const auto sink = make({{"max_in_flight", 1}, {"follow_redirects", true}});
  BOOST_TEST((fault_of(*sink, memory_batch(numbered(1))).code == ec::lease_lost));
  BOOST_TEST(endpoint.requests().size() == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::forwarder_lease_test
