#pragma once

#include <optional>
#include <string>
#include <vector>

#include "actors/replication.hpp"
#include "config/base/error.hpp"

namespace kfs {

/// A report as the text that travels to other replicas: JSON in ASCII. `spec`, `policies` and `answer` of its view do
/// not travel. Bytes that are not UTF-8 are replaced.
std::string to_report_text(const instance_report& report);

/// Reads what to_report_text() wrote, in this version of the server or another one: members that it does not know are
/// ignored, and members that are missing have their defaults. `spec` is nullptr.
/// Errors: invalid_request when the text is not JSON, a member has another type or does not fit, or a name of an
///         enumeration is unknown.
result<instance_report> from_report_text(const std::string& text);

/// Several reports as one text: a JSON list of them.
std::string to_report_list(const std::vector<instance_report>& reports);

/// The reports of such a text that can be read, and the problem of the first one that cannot.
struct received_reports {
  std::vector<instance_report> reports;
  std::optional<error> unreadable;
};
received_reports from_report_list(const std::string& text);

}  // namespace kfs
