#include "processors/http/sink.hpp"

#include <algorithm>

#include "processors/http/accepted_places.hpp"
#include "processors/http/request_sender.hpp"

namespace kfs {
namespace {

constexpr std::size_t first_tried = 4;
constexpr std::size_t largest_tried = 1'024;

class http_sink final : public sink {
 public:
  http_sink(http_sink_options options, std::shared_ptr<http_endpoints> endpoints, lifeline watched, sink_lease lease)
      : options_(std::move(options)), sender_(options_, std::move(endpoints), std::move(watched), std::move(lease)) {}

  /// Does nothing: the first request connects.
  result<void> open() override { return {}; }

  result<rejections> write(const batch& records) override { return send(records, 0); }

  /// An endpoint that rejects everything receives few requests at first, and twice as many each time.
  result<rejections> try_all(const batch& records) override {
    const auto accepted = accepted_;
    auto tried = send(records, most_tried_);
    most_tried_ = accepted_ > accepted ? first_tried : std::min(2 * most_tried_, largest_tried);
    return tried;
  }

  std::optional<destination_evidence> evidence() const override { return destination_evidence{.accepted = accepted_}; }

  result<void> start_at(const record_source&, std::span<const sink_start>) override {
    accepted_before_.forget_all();
    return {};
  }

  result<void> close() override { return {}; }

 private:
  /// With `past_rejected`, rejected records are returned even after a fault, because records behind them may have been
  /// accepted. A fault that lasts shows in the next call.
  result<rejections> send(const batch& records, std::size_t past_rejected) {
    delivery_plan plan(records.records(), options_.order,
                       {.records = options_.batch_max_messages,
                        .lanes = options_.client.max_in_flight,
                        .past_rejected = past_rejected},
                       accepted_before_.all());
    auto outcome = sender_.send(records, plan);
    accepted_ += plan.newly_accepted();
    if (!outcome.fault && outcome.rejected.empty() && plan.all_accepted()) {
      accepted_before_.written(records.ranges());
      return rejections{};
    }
    accepted_before_.add(plan.accepted_places());
    const bool rejections_first = past_rejected > 0 && !outcome.rejected.empty();
    if (outcome.fault && !rejections_first) return tl::make_unexpected(std::move(*outcome.fault));
    return std::move(outcome.rejected);
  }

  const http_sink_options options_;
  request_sender sender_;
  accepted_places accepted_before_;
  std::uint64_t accepted_ = 0;
  std::size_t most_tried_ = first_tried;  ///< rejected records after which try_all() gives up
};

}  // namespace

sink_ptr make_http_sink(http_sink_options options, const sink_environment& environment, lifeline watched,
                        sink_lease lease) {
  return std::make_unique<http_sink>(std::move(options), environment.endpoints, std::move(watched), std::move(lease));
}

}  // namespace kfs
