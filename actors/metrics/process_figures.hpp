#pragma once

#include <optional>
#include <vector>

#include "actors/metrics/series.hpp"

namespace kfs {

/// What the kernel tells of this process, under the names that Prometheus' own client libraries use (process_…).
///
/// Threading: safe from any thread.
/// Errors:    what /proc does not tell is left out.
struct process_figures {
  std::optional<double> cpu_seconds;
  std::optional<double> resident_bytes;
  std::optional<double> virtual_bytes;
  std::optional<double> threads;
  std::optional<double> start_time;  ///< seconds since 1970
  std::optional<double> open_files;
  std::optional<double> most_open_files;

  static process_figures read();
};

/// One metric of the process.
struct process_metric {
  metric_declaration declared;
  prometheus::MetricType type;
  std::optional<double> process_figures::*value;
};

/// All metrics of the process.
const std::vector<process_metric>& process_metrics();

/// Writes them as they are now.
void write_process_metrics(exposition_writer& to);

}  // namespace kfs
