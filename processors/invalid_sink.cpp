#include "processors/invalid_sink.hpp"

#include <utility>

namespace kfs {
namespace {

class invalid_sink final : public sink {
 public:
  explicit invalid_sink(error why) : why_(std::move(why)) {}

  result<void> open() override { return tl::make_unexpected(why_); }
  result<rejections> write(const batch&) override { return tl::make_unexpected(why_); }
  result<std::vector<std::optional<stored_position>>> positions(const record_source&,
                                                                std::span<const partition_number>) override {
    return tl::make_unexpected(why_);
  }
  result<void> start_at(const record_source&, std::span<const sink_start>) override {
    return tl::make_unexpected(why_);
  }
  result<void> close() override { return {}; }

 private:
  const error why_;
};

}  // namespace

sink_ptr make_invalid_sink(const std::string& mistake) {
  return std::make_unique<invalid_sink>(error{
      ec::sink_denied,
      "the processor's stored options are no longer accepted: " + mistake + "; correct processor_configs with a PUT"});
}

}  // namespace kfs
