#pragma once

#include <string>
#include <string_view>

#include "config/base/error.hpp"
#include "config/consumers/spec.hpp"

namespace kfs {

/// "stopped", "started".
std::string_view to_string(target_state target) noexcept;

/// A whole consumer as JSON: the form that stores keep. Holds secrets.
json to_stored_json(const consumer_spec& spec);

/// Reads what to_stored_json() made. Members that it does not know are ignored.
/// Errors: json::exception.
consumer_spec from_stored_json(const json& stored);

/// JSON as the text that stores keep: in ASCII, which fits any encoding of a database.
/// Errors: internal when two processors have the same id, or when a text is not valid UTF-8.
result<std::string> to_stored_text(const consumer_spec& spec, const json& stored);

/// A whole consumer as the text that stores keep: JSON in ASCII, which fits any encoding of a database. Holds secrets.
/// Errors: internal when two processors have the same id, or when a text is not valid UTF-8.
result<std::string> to_stored_text(const consumer_spec& spec);

/// Reads what to_stored_text() wrote.
/// Errors: json::exception for any other text.
consumer_spec from_stored_text(const std::string& text);

/// Reads a target state; anything but "started" is stopped.
target_state to_target(std::string_view name) noexcept;

}  // namespace kfs
