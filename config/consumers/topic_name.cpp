#include "config/consumers/topic_name.hpp"

#include <algorithm>

namespace kfs {
namespace {

bool is_topic_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

}  // namespace

std::optional<std::string> wrong_topic(std::string_view topic) {
  const bool legal = !topic.empty() && topic.size() <= longest_topic && topic != "." && topic != ".." &&
                     std::all_of(topic.begin(), topic.end(), is_topic_character);
  if (legal) return std::nullopt;
  return "a topic has 1 to 249 of the characters a-z, A-Z, 0-9, '.', '_' and '-', and is not '.' or '..'";
}

}  // namespace kfs
