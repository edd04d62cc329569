#include "processors/resolving_sink.hpp"

#include <utility>

namespace kfs {
namespace {

class resolving_sink final : public sink {
 public:
  explicit resolving_sink(resolving_sink_parts parts) : parts_(std::move(parts)) {}

  result<void> open() override {
    return with_sink([](sink&) { return result<void>{}; });
  }

  result<rejections> write(const batch& records) override {
    return with_sink([&](sink& inner) { return inner.write(records); });
  }

  result<rejections> try_all(const batch& records) override {
    return with_sink([&](sink& inner) { return inner.try_all(records); });
  }

  /// Counts over all sinks that were made.
  [[nodiscard]] std::optional<destination_evidence> evidence() const override {
    if (!inner_) return std::nullopt;
    auto seen = inner_->evidence();
    if (seen) seen->accepted += accepted_before_;
    return seen;
  }

  result<std::vector<std::optional<stored_position>>> positions(const record_source& source,
                                                                std::span<const partition_number> partitions) override {
    return with_sink([&](sink& inner) { return inner.positions(source, partitions); });
  }

  result<void> start_at(const record_source& source, std::span<const sink_start> starts) override {
    return with_sink([&](sink& inner) { return inner.start_at(source, starts); });
  }

  result<void> close() override { return inner_ ? inner_->close() : result<void>{}; }

 private:
  /// A failure of any kind may mean that a secret has changed.
  template <class Call>
  auto with_sink(const Call& call) -> decltype(call(std::declval<sink&>())) {
    if (!current_) {
      if (auto ready = prepare(); !ready) return tl::make_unexpected(std::move(ready).error());
    }
    auto done = call(*inner_);
    current_ = done.has_value();
    return done;
  }

  result<void> prepare() {
    auto config = parts_.resolve();
    if (!config) return tl::make_unexpected(std::move(config).error());
    if (!inner_ || *config != config_) {
      if (auto ended = end(); !ended) return ended;
      inner_ = parts_.make(*config);
      config_ = std::move(*config);
      open_ = false;
    }
    if (!open_) {
      if (auto opened = inner_->open(); !opened) return opened;
      open_ = true;
    }
    current_ = true;
    return {};
  }

  result<void> end() {
    if (!inner_) return {};
    if (auto closed = inner_->close(); !closed) return closed;
    if (const auto seen = inner_->evidence()) accepted_before_ += seen->accepted;
    inner_.reset();
    return {};
  }

  const resolving_sink_parts parts_;
  sink_ptr inner_;  ///< null before the secrets were found first
  json config_;     ///< of inner_
  bool open_ = false;
  bool current_ = false;               ///< the secrets were looked up since the last failure
  std::uint64_t accepted_before_ = 0;  ///< by sinks before inner_
};

}  // namespace

sink_ptr make_resolving_sink(resolving_sink_parts parts) {
  return std::make_unique<resolving_sink>(std::move(parts));
}

}  // namespace kfs
