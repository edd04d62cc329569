#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "processors/circuit_breaker.hpp"
#include "processors/http/answers.hpp"
#include "processors/http/client.hpp"
#include "processors/http/delivery_plan.hpp"
#include "processors/http/endpoints.hpp"
#include "processors/http/requests.hpp"
#include "processors/leases.hpp"
#include "processors/lifeline.hpp"
#include "processors/sink.hpp"

namespace kfs {

/// What came of the requests of a plan. The plan knows which records were accepted.
struct sending_outcome {
  rejections rejected;
  std::optional<error> fault;  ///< the first one; its `retry_after` is the longest of all
};

/// Sends the requests of a plan to one endpoint, several at a time. A request that fails through the endpoint's fault
/// is sent again, over a new connection, until it is answered, the circuit breaker opens, or its patience ends
/// (retry.hpp). Meanwhile it keeps its place among those in flight, so an endpoint that fails receives fewer requests.
///
/// It starts no request after the end of the lease that it took with its first one.
///
/// Ownership: one sink; the options must outlive it. Threading: one call at a time.
/// Errors: as those of the sink (sink.hpp).
class request_sender {
 public:
  request_sender(const http_sink_options& options, std::shared_ptr<http_endpoints> endpoints, lifeline watched,
                 sink_lease lease);

  /// Sends what may be sent of the plan for these records.
  sending_outcome send(const batch& records, delivery_plan& plan);

 private:
  using clock = std::chrono::steady_clock;

  /// A request under way, or one that waits until it is sent again.
  struct flight {
    delivery_plan::request planned;
    circuit_breaker::permit permit;
    prepared_request sent;
    http_url redirected;
    int redirects = 0;
    clock::time_point first_sent;
    int failures = 0;                      ///< in a row
    std::optional<clock::time_point> due;  ///< when it is sent again; nullopt while it is under way
    http_answer failed;                    ///< the latest failure
  };

  /// The state of one send().
  struct sending {
    const batch& records;
    delivery_plan& plan;
    clock::time_point until;
    sending_outcome outcome;
  };

  [[nodiscard]] bool nothing_in_flight() const { return free_.size() == flights_.size(); }
  bool advance(sending& now);
  bool may_start(sending& now) const;
  bool begin_next(sending& now, clock::time_point at);
  void send_again_what_is_due(sending& now, clock::time_point at);
  void begin(std::size_t slot, const http_url& to);
  [[nodiscard]] std::chrono::milliseconds next_wait(clock::time_point at) const;

  void settle(sending& now, http_answer answer);
  bool follow(sending& now, const http_answer& answer);
  void failed(sending& now, http_answer answer);
  void give_up(sending& now, std::size_t slot, const http_answer& answer, clock::time_point at);
  void land(std::size_t slot);
  void abandon_all();
  [[nodiscard]] rejection rejection_of(const sending& now, const flight& flying, const http_answer& answer) const;

  const http_sink_options& options_;
  const answer_reader reader_;
  request_writer requests_;
  const std::shared_ptr<http_endpoints> endpoints_;
  const std::shared_ptr<circuit_breaker> breaker_;
  const lifeline watched_;
  sink_lease lease_;
  std::minstd_rand random_{std::random_device{}()};
  std::vector<flight> flights_;  ///< by slot
  std::vector<std::size_t> free_;
  std::size_t waiting_ = 0;  ///< flights that are sent again later
  http_client client_;       ///< refers to flights_
};

}  // namespace kfs
