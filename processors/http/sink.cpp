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

  result<rejections> write(const batch& records) override {
    delivery_plan plan(records.records(), options_.order,
                       {.records = options_.batch_max_messages, .lanes = options_.client.max_in_flight},
                       accepted_before_.all());
    auto outcome = sender_.send(records, plan);
    if (!outcome.fault && outcome.rejected.empty() && plan.all_accepted()) {
      accepted_before_.written(records.ranges());
      return rejections{};
    }
    accepted_before_.add(plan.accepted_places());
    if (outcome.fault) return tl::make_unexpected(std::move(*outcome.fault));
    return std::move(outcome.rejected);
  }

  result<void> start_at(const record_source&, std::span<const partition_offset>) override {
    accepted_before_.forget_all();
    return {};
  }

  result<void> close() override { return {}; }

 private:
  const http_sink_options options_;
  request_sender sender_;
  accepted_places accepted_before_;
};

}  // namespace

sink_ptr make_http_sink(http_sink_options options, const sink_environment& environment, lifeline watched) {
  return std::make_unique<http_sink>(std::move(options), environment.endpoints, std::move(watched));
}

}  // namespace kfs
