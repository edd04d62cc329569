#include "config/consumers/kafka_names.hpp"

#include <algorithm>

#include "config/base/endpoint.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_group = 255;

bool is_topic_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

/// C0, DEL, or C1 (in UTF-8: 0xC2 and a byte below 0xA0).
bool holds_control_character(std::string_view utf8) {
  unsigned char before = 0;
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F || (before == 0xC2 && byte < 0xA0)) return true;
    before = byte;
  }
  return false;
}

}  // namespace

std::optional<std::string> wrong_topic(std::string_view topic) {
  const bool legal = !topic.empty() && topic.size() <= longest_topic && topic != "." && topic != ".." &&
                     std::all_of(topic.begin(), topic.end(), is_topic_character);
  if (legal) return std::nullopt;
  return "a topic has 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', and is not '.' or '..'";
}

std::optional<std::string> wrong_group(std::string_view group) {
  const bool plain = is_well_formed_utf8(group) && !holds_control_character(group);
  if (!group.empty() && characters(group) <= longest_group && plain) return std::nullopt;
  return "a consumer group has 1 to 255 characters of UTF-8 and no control characters";
}

std::optional<std::string> wrong_beginning(std::string_view text) {
  if (!text.starts_with(' ')) return std::nullopt;
  return "it must not begin with a blank: the Kafka client (librdkafka) drops blanks there and would use another text";
}

std::optional<std::string> wrong_group_of_member(std::string_view group) {
  if (auto wrong = wrong_group(group)) return wrong;
  return wrong_beginning(group);
}

std::optional<std::string> wrong_broker_host(std::string_view host) {
  if (parse_ip(host) || is_host_name(host)) return std::nullopt;
  return "it should be one host name, IPv4 or IPv6 address, without scheme, port and brackets";
}

}  // namespace kfs
