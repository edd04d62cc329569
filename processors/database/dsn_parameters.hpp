#pragma once

#include <string>
#include <vector>

#include "config/postgres/conninfo.hpp"

namespace kfs {

/// What is wrong with the parameters of a `postgresql://` URI, besides host, port, user, password and dbname: a name
/// that is not on the allow-list, a value that libpq would reject when it connects, two that contradict each other.
/// Repeats names of parameters, no value. Empty when nothing is wrong.
///
/// `libpq_version`: of the linked library, as PQlibVersion() returns it.
std::vector<std::string> mistakes_in_parameters(const conninfo_options& options, int libpq_version);

}  // namespace kfs
