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
  static constexpr std::size_t longest_row = 100;

  /// `version`: the destination_evidence::version with which a record was accepted in an earlier life of the processor;
  /// nullopt when none was. `remember` is called with the version whenever it changes.
  destination_proof(std::optional<std::string> version, std::function<void(const std::string&)> remember)
      : version_(std::move(version)), remember_(std::move(remember)) {}

  /// A call of the sink has ended, and has rejected so many records.
  void saw(const destination_evidence& evidence, std::size_t rejected);

  /// Records that were rejected have been handled for good.
  void gave_up(std::size_t records) noexcept { given_up_ += records; }

  [[nodiscard]] bool holds() const;

 private:
  std::optional<std::string> version_;  ///< of the destination when it last accepted a record
  std::string present_;                 ///< version of the destination now
  std::uint64_t accepted_ = 0;
  std::size_t given_up_ = 0;  ///< since a record was accepted
  std::size_t rejected_ = 0;  ///< by the last call
  std::function<void(const std::string&)> remember_;
};

}  // namespace kfs
