#include "processors/database/session_name.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace kfs {
namespace {

constexpr std::size_t longest_id = 36;

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

/// FNV-1a. Another consumer with the same hash could lose a session, which it opens again.
std::uint64_t hash_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

std::string shown(const std::string& id) {
  if (id.size() <= longest_id && std::ranges::all_of(id, is_plain)) return id;
  return fmt::format("#{:016x}", hash_of(id));
}

}  // namespace

session_name::session_name(const consumer_id& consumer, int number, std::uint64_t epoch_value)
    : instance(fmt::format("kfs:{}:{:x}:", shown(consumer.value), number)),
      epoch(fmt::format("{:016x}", epoch_value)) {}

std::string end_earlier_sessions(const session_name& ours) {
  return fmt::format(
      "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND usename = "
      "current_user AND pid <> pg_backend_pid() AND left(application_name, {0}) = '{1}' AND "
      "substr(application_name, {0} + 1) COLLATE \"C\" < '{2}' COLLATE \"C\"",
      ours.instance.size(), ours.instance, ours.epoch);
}

}  // namespace kfs
