#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kfs {

/// Kafka's limit for the name of a topic, in characters.
inline constexpr std::size_t longest_topic = 249;
inline constexpr auto topic_pattern = "^[a-zA-Z0-9._-]+$";

/// What is wrong with the name of a topic by Kafka's own rule, in a sentence; nullopt when it is legal.
std::optional<std::string> wrong_topic(std::string_view topic);

/// What is wrong with the name of a consumer group that Kafka may have; nullopt when nothing is.
std::optional<std::string> wrong_group(std::string_view group);

/// What is wrong with a text as a property of librdkafka, which drops blanks at the beginning of a value, and has no
/// value at all when nothing else is there; nullopt when nothing is.
std::optional<std::string> wrong_beginning(std::string_view text);

/// The same for a group of which a consumer of this server is to be a member.
std::optional<std::string> wrong_group_of_member(std::string_view group);

/// What is wrong with the host of a broker; nullopt when it is one host name, IPv4 or IPv6 address.
std::optional<std::string> wrong_broker_host(std::string_view host);

}  // namespace kfs
