#pragma once

#include <string>

#include "actors/metrics/metrics.hpp"

namespace kfs::test {

/// The value of the first series of a metric; "none" when the metric has no series.
inline std::string metric_value(const metrics& measured, const std::string& name) {
  const auto text = measured.exposition();
  const auto at = text.find("\n" + name + "{");
  if (at == std::string::npos) return "none";
  const auto from = text.find("} ", at) + 2;
  return text.substr(from, text.find('\n', from) - from);
}

}  // namespace kfs::test
