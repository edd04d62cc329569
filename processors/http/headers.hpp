#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "processors/http/options.hpp"

namespace kfs {

/// What is wrong with the option `headers`; nullopt when nothing is.
std::optional<std::string> mistake_in_headers(const json& headers);

/// The value that the option `headers` has for this name, in whatever case; null when it has none.
const std::string* find_header(const json& config, std::string_view lower_name);

/// Adds the headers that every request carries: those of `headers`, of the credentials, and the Content-Type of
/// `options.format`. Their secrets are added to `options.secrets`.
void add_headers(const json& config, http_sink_options& options);

}  // namespace kfs
