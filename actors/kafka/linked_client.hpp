#pragma once

#include <string>

namespace kfs {

/// The version of the librdkafka that the process has loaded: "2.0.2".
std::string linked_client_version();

}  // namespace kfs
