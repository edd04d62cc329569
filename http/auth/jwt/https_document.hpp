#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <tl/expected.hpp>

namespace kfs {

/// What is read, and within which bounds.
struct https_document {
  std::string url;           ///< https://…
  std::filesystem::path ca;  ///< PEM, read at each attempt; empty for the system's authorities
  std::size_t most_bytes = 1024 * 1024;
  std::chrono::milliseconds timeout{5'000};  ///< for all of it, also for resolving the name
};

/// Reads the document with GET; only an answer 200 counts. Certificates are always checked, with TLS 1.2 or later. No
/// redirect is followed, and no proxy and no credentials of the environment are used. Link-local addresses and metadata
/// services of clouds are never connected to. Reading ends as soon as the bound is exceeded.
///
/// `goes_on` is called at least every 100 ms; false gives up. The error is a message.
///
/// Threading: blocks; safe from any thread.
tl::expected<std::string, std::string> read_https(const https_document& document, const std::function<bool()>& goes_on);

}  // namespace kfs
