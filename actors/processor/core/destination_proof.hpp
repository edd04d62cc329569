#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "processors/sink.hpp"

namespace kfs {

/// Whether the destination of a processor has shown that it takes records, so that a rejected record is itself at
/// fault.
///
/// It has shown that once it accepted a record since its last change. When records are rejected in a long row, it may
/// have changed without a sign, and has to show it again.
///
/// Ownership: one processor. Threading: none.
class destination_proof {
 public:
  /// The row of rejected records that ends the trust in what was accepted before it.
  static constexpr std::size_t longest_row = 20;

  /// The memory of the version (destination_evidence) that last accepted a record. It outlives the processor, and
  /// others may add to it at any time.
  struct memory {
    std::function<std::optional<std::string>()> known;  ///< returns nullopt when no version is known
    std::function<void(const std::string&)> remember;   ///< called when the version differs from the known one
  };
  explicit destination_proof(memory versions) : versions_(std::move(versions)) {}

  /// A call of the sink has ended, and has rejected so many records.
  void saw(const destination_evidence& evidence, std::size_t rejected);

  /// Records that were rejected have been handled for good.
  void gave_up(std::size_t records) noexcept { given_up_ += records; }

  [[nodiscard]] bool holds() const;

 private:
  memory versions_;
  std::string present_;  ///< version of the destination now
  std::uint64_t accepted_ = 0;
  std::size_t given_up_ = 0;  ///< since a record was accepted
  std::size_t rejected_ = 0;  ///< by the last call
};

}  // namespace kfs
