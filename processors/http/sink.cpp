#include "processors/http/sink.hpp"

#include "processors/http/accepted_places.hpp"
#include "processors/http/request_sender.hpp"

namespace kfs {
namespace {

class http_sink final : public sink {
 public:
  http_sink(http_sink_options options, std::shared_ptr<http_endpoints> endpoints, lifeline watched)
      : options_(std::move(options)), sender_(options_, std::move(endpoints), std::move(watched)) {}

  /// Does nothing: the first request connects.
  result<void> open() override { return {}; }

  result<rejections> write(const batch& records) override { return send(records, false); }
  result<rejections> try_all(const batch& records) override { return send(records, true); }

  std::optional<destination_evidence> evidence() const override { return destination_evidence{.accepted = accepted_}; }

  result<void> start_at(const record_source&, std::span<const partition_offset>) override {
    accepted_before_.forget_all();
    return {};
  }

  result<void> close() override { return {}; }

 private:
  /// With `past_rejected`, rejected records are returned even after a fault, because records behind them may have been
  /// accepted. A fault that lasts shows in the next call.
  result<rejections> send(const batch& records, bool past_rejected) {
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
    const bool rejections_first = past_rejected && !outcome.rejected.empty();
    if (outcome.fault && !rejections_first) return tl::make_unexpected(std::move(*outcome.fault));
    return std::move(outcome.rejected);
  }

  const http_sink_options options_;
  request_sender sender_;
  accepted_places accepted_before_;
  std::uint64_t accepted_ = 0;
};

}  // namespace

sink_ptr make_http_sink(http_sink_options options, const sink_environment& environment, lifeline watched) {
  return std::make_unique<http_sink>(std::move(options), environment.endpoints, std::move(watched));
}

}  // namespace kfs
