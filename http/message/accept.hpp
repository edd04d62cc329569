#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// How much a client wants a media type, by its Accept header (RFC 9110, 12.5.1): 0 (not at all) to 1000. The most
/// precise range that the type fits decides. Without a header everything is wanted.
int quality_of(const std::optional<std::string>& accept, std::string_view media_type);

}  // namespace kfs
