#pragma once

#include <string>

namespace kfs {

/// The name of this replica when none is set: the host's name and eight random hexadecimal digits, so that two
/// processes on one host, and a process and its successor, are never taken for each other.
std::string make_replica_id();

}  // namespace kfs
