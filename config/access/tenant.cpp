#include "config/access/tenant.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "config/base/address_policy.hpp"
#include "config/base/text.hpp"

namespace kfs {
namespace {

constexpr std::size_t longest_entry = 4'096;
constexpr std::size_t most_entries = 1'000;

struct quota {
  const char* name;
  std::optional<std::int64_t> tenant_quotas::*member;
  std::int64_t least;
  const char* summary;
};

constexpr std::array<quota, 4> all_quotas{{
    {"consumers", &tenant_quotas::consumers, 0, "Most consumers."},
    {"instances", &tenant_quotas::instances, 0, "Most instances of all consumers together."},
    {"records_per_second", &tenant_quotas::records_per_second, 1, "Most records a second of all consumers together."},
    {"bytes_per_second", &tenant_quotas::bytes_per_second, 1, "Most bytes a second of all consumers together."},
}};

using text_check = std::optional<std::string> (*)(const std::string&);

std::optional<std::string> wrong_glob(const std::string& text) {
  if (has_control_character(text)) return "it should hold no control characters";
  return std::nullopt;
}

std::optional<std::string> wrong_host(const std::string& text) {
  if (address_policy::parse({text}, "allowed")) return std::nullopt;
  return "it should be a host name, an address or a CIDR block, e.g. kafka.example or 10.0.0.0/8";
}

std::optional<std::string> wrong_directory(const std::string& text) {
  if (text.starts_with('/') && !has_control_character(text)) return std::nullopt;
  return "it should be an absolute path, e.g. /var/log/payments";
}

struct limit {
  const char* name;
  tenant_limits::list tenant_limits::*member;
  text_check check;
  const char* summary;
};

constexpr std::array<limit, 6> all_limits{{
    {"topics", &tenant_limits::topics, wrong_glob, "Globs of the topics to read, and of dead-letter topics."},
    {"consumer_groups", &tenant_limits::consumer_groups, wrong_glob, "Globs of the consumer groups."},
    {"brokers", &tenant_limits::brokers, wrong_host, "Brokers to connect to."},
    {"forwarder_hosts", &tenant_limits::forwarder_hosts, wrong_host, "Hosts to which streaming_forwarder sends."},
    {"database_hosts", &tenant_limits::database_hosts, wrong_host, "Hosts to which database_sync writes."},
    {"file_directories", &tenant_limits::file_directories, wrong_directory,
     "Directories below which file_sink writes."},
}};

option declared(const quota& limited) {
  option made;
  made.name = limited.name;
  made.kind = value_kind::integer;
  made.summary = std::string(limited.summary) + " Not limited where it is absent.";
  made.nullable = true;
  made.minimum = limited.least;
  return made;
}

option declared(const limit& listing) {
  option entry;
  entry.min_length = 1;
  entry.max_length = longest_entry;
  entry.check = [check = listing.check](const json& value) { return check(value.get_ref<const std::string&>()); };
  option made;
  made.name = listing.name;
  made.kind = value_kind::array;
  made.summary = std::string(listing.summary) + " Narrows the server's own list; an empty list allows nothing.";
  made.nullable = true;
  made.max_length = most_entries;
  made.items = std::make_shared<option>(std::move(entry));
  return made;
}

template <class Declarations>
option group(const char* name, const char* summary, const Declarations& declarations) {
  std::vector<option> fields;
  for (const auto& declaration : declarations) fields.push_back(declared(declaration));
  option made;
  made.name = name;
  made.kind = value_kind::object;
  made.summary = summary;
  made.object = std::make_shared<object_schema>(name, summary, std::move(fields));
  return made;
}

/// The member of that name; null where it is absent.
const json& member_of(const json& object, const char* name) {
  static const json absent;
  const auto found = object.find(name);
  return found == object.end() ? absent : *found;
}

}  // namespace

const object_schema& tenant_schema() {
  static const object_schema schema("tenant", "What the consumers of a tenant may use.",
                                    {group("quotas", "How much they may use together.", all_quotas),
                                     group("allowed", "What they may name.", all_limits)},
                                    {"name", "created_at", "updated_at", "usage"});
  return schema;
}

tenant to_tenant(const json& validated) {
  tenant read;
  if (const auto& quotas = member_of(validated, "quotas"); quotas.is_object()) {
    for (const auto& limited : all_quotas)
      if (const auto& value = member_of(quotas, limited.name); !value.is_null())
        read.quotas.*limited.member = value.get<std::int64_t>();
  }
  if (const auto& allowed = member_of(validated, "allowed"); allowed.is_object()) {
    for (const auto& listing : all_limits)
      if (const auto& value = member_of(allowed, listing.name); !value.is_null())
        read.allowed.*listing.member = value.get<std::vector<std::string>>();
  }
  return read;
}

json to_json(const tenant_quotas& quotas) {
  json written = json::object();
  for (const auto& limited : all_quotas) {
    const auto& value = quotas.*limited.member;
    written[limited.name] = value ? json(*value) : json();
  }
  return written;
}

json to_json(const tenant_limits& allowed) {
  json written = json::object();
  for (const auto& listing : all_limits) {
    const auto& value = allowed.*listing.member;
    written[listing.name] = value ? json(*value) : json();
  }
  return written;
}

}  // namespace kfs
