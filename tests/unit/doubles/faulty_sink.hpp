#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "processors/sink.hpp"

namespace kfs::test {

/// What a sink says of where it stands.
enum class position_lie : std::uint8_t {
  none,
  knows_nothing,
  too_low,
  below_log,  ///< where the log does not begin any more
};

/// What shall go wrong in a sink; all of it can change between two calls.
struct sink_faults {
  std::optional<error> open;
  std::optional<error> write;
  std::optional<error> positions;
  std::optional<error> start_at;
  std::optional<error> close;
  bool after_all = false;       ///< a write that fails is durable all the same
  bool throws = false;          ///< from open, write, positions and start_at
  std::uint64_t every_nth = 0;  ///< only each call with such a number fails; 0: all
  position_lie lie = position_lie::none;
  std::function<bool(const record&)> refuses;  ///< records by name; null: none

  // What happened
  std::uint64_t calls = 0;
  std::map<std::string, std::uint64_t> injected;  ///< by kind
  std::optional<bool> failed;                     ///< the last call, of the latest sink; none: it was not called yet
  std::function<void(const record&)> on_refusal;  ///< is told of each record that is refused; may be null
};

/// Around any sink: does what its faults say, and else what the sink does.
///
/// Ownership: `faults` is shared with the test, which changes it. Threading: as sink.
class faulty_sink final : public sink {
 public:
  faulty_sink(sink_ptr inner, std::shared_ptr<sink_faults> faults);

  result<void> open() override;
  result<rejections> write(const batch& records) override;
  result<std::vector<std::optional<offset>>> positions(const record_source& source,
                                                       std::span<const partition_number> partitions) override;
  result<void> start_at(const record_source& source, std::span<const partition_offset> starts) override;
  result<void> close() override;

 private:
  /// The error with which this call is to fail; none: it is not.
  std::optional<error> fault(const std::optional<error>& of, const char* kind);
  template <class Result>
  Result noted(Result what);

  const sink_ptr inner_;
  const std::shared_ptr<sink_faults> faults_;
};

}  // namespace kfs::test
