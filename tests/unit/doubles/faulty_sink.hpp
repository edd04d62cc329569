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

/// A wrong answer of a sink to the question for its offsets.
enum class position_lie : std::uint8_t {
  none,           ///< the answer is right
  knows_nothing,  ///< no offset
  too_low,        ///< an offset a little below the right one
  below_log,      ///< offset 0, which the log may not have any more
};

/// The faults of a sink. A test may change them between two calls.
struct sink_faults {
  std::optional<error> open;
  std::optional<error> write;
  std::optional<error> positions;
  std::optional<error> start_at;
  std::optional<error> close;
  bool after_all = false;       ///< a failed write is durable nevertheless
  bool throws = false;          ///< open, write, positions and start_at throw
  std::uint64_t every_nth = 0;  ///< only every n-th call fails; 0 when all fail
  position_lie lie = position_lie::none;
  std::function<bool(const record&)> rejects;  ///< true for records to reject; null when it rejects none

  // What happened
  std::uint64_t calls = 0;
  std::map<std::string, std::uint64_t> injected;  ///< number of faults, by kind
  std::optional<bool> failed;  ///< whether the latest sink's last call failed; nullopt before its first
  std::function<void(const record&)> on_rejection;  ///< called with each rejected record; may be null
};

/// Wraps a sink: injects the faults, and otherwise calls the sink.
///
/// Ownership: shares `faults` with the test.
/// Threading: as sink.
class faulty_sink final : public sink {
 public:
  faulty_sink(sink_ptr inner, std::shared_ptr<sink_faults> faults);

  result<void> open() override;
  result<rejections> write(const batch& records) override;
  result<std::vector<std::optional<stored_position>>> positions(const record_source& source,
                                                                std::span<const partition_number> partitions) override;
  result<void> start_at(const record_source& source, std::span<const sink_start> starts) override;
  result<void> close() override;

 private:
  /// The error with which the current call must fail; nullopt when it must not fail.
  std::optional<error> fault(const std::optional<error>& configured, const char* call);
  /// Notes whether the call failed, and returns its outcome.
  template <class Result>
  Result noted(Result outcome);

  const sink_ptr inner_;
  const std::shared_ptr<sink_faults> faults_;
};

}  // namespace kfs::test
