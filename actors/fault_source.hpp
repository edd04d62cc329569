#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "config/base/ids.hpp"

namespace kfs {

/// The part of a consumer that reports a fault. It decides who tries again: a processor does so by itself, and the
/// supervisor does so for the other parts.
struct fault_source {
  enum class part : std::uint8_t { kafka, supervisor, processor };

  part from = part::supervisor;
  processor_id processor = {};  ///< empty unless `from` is part::processor

  static fault_source of_kafka() { return {part::kafka, {}}; }
  static fault_source of_supervisor() { return {part::supervisor, {}}; }
  static fault_source of_processor(processor_id id) { return {part::processor, std::move(id)}; }

  [[nodiscard]] bool is_processor() const noexcept { return from == part::processor; }
  [[nodiscard]] bool is_kafka() const noexcept { return from == part::kafka; }
  [[nodiscard]] bool is_supervisor() const noexcept { return from == part::supervisor; }

  bool operator==(const fault_source&) const = default;
};

/// The text in answers and logs: "kafka", "supervisor" or "processor:<id>".
std::string to_string(const fault_source& source);

}  // namespace kfs
