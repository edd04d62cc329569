#pragma once

#include <cstdint>
#include <string_view>

namespace kfs {

/// The two text formats that Prometheus reads.
enum class exposition_format : std::uint8_t {
  classic,      ///< Prometheus' text format, version 0.0.4
  open_metrics  ///< OpenMetrics, version 1.0.0
};

/// The value of a Content-Type header.
std::string_view content_type_of(exposition_format format) noexcept;

}  // namespace kfs
