#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// The only reader of the Accept header (RFC 9110, section 12.5.1). It answers which of two media types the client
/// prefers, and whether it names one, also in a version.
///
/// A header that is absent or blank accepts every media type equally. A malformed weight counts as 1.

/// True when the client gives `media_type` a greater weight than `other`. The most specific range that matches a type
/// decides its weight: "type/subtype", then "type/*", then "*/*". A type that no range matches has weight 0.
bool prefers_media_type(const std::optional<std::string>& accept, std::string_view media_type, std::string_view other);

/// A media type whose parameter "version" tells which of its forms is meant.
struct versioned_media_type {
  std::string_view type;
  std::string_view version;
};

/// True when the header lists this media type itself, in this version or without one, with a weight above 0 that is not
/// below that of `other`.
bool prefers_version(const std::optional<std::string>& accept, const versioned_media_type& wanted,
                     std::string_view other);

/// True when the header lists `media_type` itself with a weight above 0. "*/*" and "type/*" name nothing.
bool names_media_type(const std::optional<std::string>& accept, std::string_view media_type);

}  // namespace kfs
