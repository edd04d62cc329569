#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// Kafka's bound for the name of a topic, in characters.
inline constexpr std::size_t longest_topic = 249;
inline constexpr auto topic_pattern = "^[a-zA-Z0-9._-]+$";

/// What is wrong with the name of a topic by Kafka's own rule, in a sentence; nothing: it is legal.
std::optional<std::string> wrong_topic(std::string_view topic);

}  // namespace kfs
