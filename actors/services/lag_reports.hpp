#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "actors/core/lag/windows.hpp"
#include "actors/messages.hpp"

namespace kfs {

/// The name under which the samples of a group of a cluster are kept.
std::string window_name(const std::string& bootstrap_servers, const std::string& group);

/// Adds how far a consumer is, as it observes itself.
void add_samples(lag_windows& windows, const consumer_view& consumer, std::chrono::steady_clock::time_point at);

/// When a report is made.
struct report_time {
  timestamp wall_clock;
  std::chrono::steady_clock::time_point at;
};

/// Judges what the cluster tells of a group together with what its consumers observe, and adds it to the windows.
lag_report report_of(group_facts facts, const lag_question& question, lag_windows& windows, const report_time& now);

/// What a consumer observes, when its cluster does not answer.
lag_report report_without_cluster(const consumer_view& consumer);

}  // namespace kfs
