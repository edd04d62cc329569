#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <system_error>

#include "config/base/endpoint.hpp"
#include "config/base/text.hpp"
#include "config/postgres/store_url.hpp"
#include "config/settings/access.hpp"
#include "config/settings/jwt.hpp"
#include "config/settings/loader.hpp"
#include "config/settings/policies.hpp"
#include "config/settings/secrets.hpp"

namespace kfs {
namespace {

/// What is wrong with a value; nullopt when it was stored.
using problem = std::optional<std::string>;

/// The whole number that all of `text` is; nullopt for any other text, and for a number that the type cannot hold.
template <class Number>
std::optional<Number> whole_number(const std::string& text) {
  Number value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failed == std::errc{} && end == text.data() + text.size() ? std::optional(value) : std::nullopt;
}

problem apply_bootstrap_servers(const std::string& text, settings& into) {
  const auto brokers = parse_endpoints(text);
  if (!brokers) return brokers.error().message;
  std::string list;
  for (const endpoint& broker : *brokers) list += (list.empty() ? "" : ",") + to_string(broker);
  into.kafka_bootstrap_servers = list;
  return std::nullopt;
}

/// Reads the setting `name`, a list of hosts that may be connected to.
auto apply_hosts(const char* name, address_policy settings::*member) {
  return [name, member](const std::string& text, settings& into) -> problem {
    auto policy = address_policy::parse(split_list(text), name);
    if (!policy) return policy.error().message;
    into.*member = std::move(*policy);
    return std::nullopt;
  };
}

problem apply_log_level(const std::string& text, settings& into) {
  const std::string name = lower_case(text);
  if (name == "debug") {
    into.level = log_level::debug;
  } else if (name == "info") {
    into.level = log_level::info;
  } else if (name == "warning" || name == "warn") {
    into.level = log_level::warning;
  } else if (name == "error") {
    into.level = log_level::error;
  } else {
    return "must be DEBUG, INFO, WARNING or ERROR";
  }
  return std::nullopt;
}

problem apply_log_format(const std::string& text, settings& into) {
  const std::string name = lower_case(text);
  if (name != "text" && name != "json") return "must be text or json";
  into.format = name == "json" ? log_format::json_lines : log_format::text;
  return std::nullopt;
}

/// Reads an address of this machine to listen on.
problem apply_listening_host(const std::string& text, std::string& into) {
  std::string host = lower_case(text);
  if (host != "localhost" && !parse_ip(host)) {
    return "must be localhost or an IPv4 or IPv6 address of this machine, without brackets and a port; 0.0.0.0 or :: "
           "listens on all";
  }
  into = std::move(host);
  return std::nullopt;
}

problem apply_port(const std::string& text, std::uint16_t& into) {
  const auto port = whole_number<std::uint16_t>(text);
  if (!port) {
    return fmt::format("must be a whole number from 0 to {}; 0 picks a free port",
                       std::numeric_limits<std::uint16_t>::max());
  }
  into = *port;
  return std::nullopt;
}

problem apply_http_host(const std::string& text, settings& into) {
  return apply_listening_host(text, into.http_host);
}

problem apply_http_port(const std::string& text, settings& into) {
  return apply_port(text, into.http_port);
}

problem apply_data_dir(const std::string& text, settings& into) {
  into.data_dir = text;
  return std::nullopt;
}

problem apply_file_sink_directories(const std::string& text, settings& into) {
  const auto directories = split_list(text);
  if (std::find(directories.begin(), directories.end(), "") != directories.end()) {
    return "has an empty entry: write directories, separated by single commas";
  }
  into.file_sink_directories.assign(directories.begin(), directories.end());
  return std::nullopt;
}

constexpr std::size_t longest_replica_name = 255;

problem apply_replica_id(const std::string& text, settings& into) {
  if (!is_replica_name(text)) {
    return fmt::format("must be 1 to {} printable ASCII characters without blanks", longest_replica_name);
  }
  into.replica_id = text;
  return std::nullopt;
}

problem apply_replica_lease(const std::string& text, settings& into) {
  constexpr std::int64_t shortest = 1'000;
  constexpr std::int64_t longest = 60'000;
  const auto value = whole_number<std::int64_t>(text);
  if (!value || *value < shortest || *value > longest) {
    return fmt::format("must be a whole number from {} to {}", shortest, longest);
  }
  into.replica_lease = std::chrono::milliseconds(*value);
  return std::nullopt;
}

problem apply_replica_capacity(const std::string& text, settings& into) {
  const auto value = whole_number<std::size_t>(text);
  if (!value || *value == 0) return "must be a whole number from 1 on";
  into.replica_capacity = *value;
  return std::nullopt;
}

problem apply_cluster_host(const std::string& text, settings& into) {
  return apply_listening_host(text, into.links.host);
}

problem apply_cluster_port(const std::string& text, settings& into) {
  return apply_port(text, into.links.port);
}

problem apply_cluster_advertise(const std::string& text, settings& into) {
  const auto place = parse_endpoint(text);
  if (!place) return place.error().message;
  into.links.advertise = to_string(*place);
  return std::nullopt;
}

auto apply_link_file(std::filesystem::path link_settings::*member) {
  return [member](const std::string& text, settings& into) -> problem {
    into.links.*member = text;
    return std::nullopt;
  };
}

problem apply_cluster_insecure(const std::string& text, settings& into) {
  const std::string value = lower_case(text);
  if (value != "true" && value != "false") return "must be true or false";
  into.links.insecure = value == "true";
  return std::nullopt;
}

problem apply_database_url(const std::string& text, settings& into) {
  if (const auto target = parse_postgres_url(text); !target) return target.error().message;
  into.database_url = text;
  return std::nullopt;
}

std::vector<setting_declaration> declare() {
  std::vector<setting_declaration> all;
  const auto add = [&](setting_declaration declared) { all.push_back(std::move(declared)); };
  add({"DATABASE_URL", "", false, "", true, false,
       "The PostgreSQL that keeps the consumers: postgresql://USER:PASSWORD@HOST:PORT/DATABASE. Without it: SQLite in "
       "DATA_DIR.",
       apply_database_url});
  add({"KAFKA_BOOTSTRAP_SERVERS", "localhost:9092", true, "", false, true,
       "The brokers (host:port, separated by commas) behind /consumergroups and /monitor when a request names none.",
       apply_bootstrap_servers});
  add({"KAFKA_ALLOWED_BROKERS", "", false, "", false, true,
       "Brokers that may be connected to: host names, addresses and CIDR blocks. Without it: any. Link-local and cloud "
       "metadata addresses are never allowed.",
       apply_hosts("KAFKA_ALLOWED_BROKERS", &settings::kafka_allowed_brokers)});
  add({"DATABASE_ALLOWED_HOSTS", "", false, "", false, true,
       "Databases that database_sync may connect to: host names, addresses and CIDR blocks. Without it: any. "
       "Link-local and cloud metadata addresses are never allowed.",
       apply_hosts("DATABASE_ALLOWED_HOSTS", &settings::database_allowed_hosts)});
  add({"FORWARDER_ALLOWED_HOSTS", "", false, "", false, true,
       "Endpoints that streaming_forwarder may send to: host names, addresses and CIDR blocks. Without it: any. "
       "Link-local and cloud metadata addresses are never allowed.",
       apply_hosts("FORWARDER_ALLOWED_HOSTS", &settings::forwarder_allowed_hosts)});
  add({"LOG_LEVEL", "INFO", true, "", false, false, "DEBUG, INFO, WARNING or ERROR.", apply_log_level});
  add({"LOG_FORMAT", "text", true, "", false, false, "text, or json: one object per line.", apply_log_format});
  add({"HTTP_HOST", "0.0.0.0", true, "", false, false,
       "The address to listen on: IPv4, IPv6 or localhost. 0.0.0.0 and :: mean all addresses.", apply_http_host});
  add({"HTTP_PORT", "8000", true, "TCP port", false, false,
       "The port to listen on, 0 to 65535. 0 picks a free one and logs it.", apply_http_port});
  add({"DATA_DIR", "./data", true, "", false, false,
       "The directory of the embedded store. It is created if it is missing.", apply_data_dir});
  add({"FILE_SINK_DIRECTORIES", "/var/log,/tmp,./data", true, "", false, true,
       "The directories below which file_sink may write. Symbolic links are followed first.",
       apply_file_sink_directories});
  for (auto& declared : policy_setting_declarations()) add(std::move(declared));
  add({"REPLICA_ID", "", false, "", false, false,
       "The name of this replica in answers: 1 to 255 printable characters without blanks. Without it: the host name "
       "and a random suffix.",
       apply_replica_id});
  add({"REPLICA_LEASE_MS", "3000", true, "milliseconds", false, false,
       "How long a replica that is not heard of keeps its consumers before others take them: 1000 to 60000. The same "
       "for "
       "all replicas of a database.",
       apply_replica_lease});
  add({"REPLICA_CAPACITY", "", false, "", false, false,
       "The most consumer instances that this replica runs when it shares them with others. Without it: no limit.",
       apply_replica_capacity});
  for (auto& declared : access_setting_declarations()) add(std::move(declared));
  for (auto& declared : jwt_setting_declarations()) add(std::move(declared));
  for (auto& declared : secret_setting_declarations()) add(std::move(declared));
  add({"CLUSTER_HOST", "", false, "", false, false,
       "The address on which this replica listens for links of other replicas: IPv4, IPv6 or localhost. Without it: no "
       "links; replicas work together through DATABASE_URL alone.",
       apply_cluster_host});
  add({"CLUSTER_PORT", "0", true, "TCP port", false, false,
       "The port for links, 0 to 65535. 0 picks a free one and logs it.", apply_cluster_port});
  add({"CLUSTER_ADVERTISE", "", false, "", false, false,
       "host:port where the other replicas reach this one. Without it: CLUSTER_HOST and CLUSTER_PORT.",
       apply_cluster_advertise});
  add({"CLUSTER_CERTIFICATE", "", false, "", false, false,
       "The certificate of this replica for links (PEM file). Beyond loopback, links need it, CLUSTER_KEY and "
       "CLUSTER_CA.",
       apply_link_file(&link_settings::certificate)});
  add({"CLUSTER_KEY", "", false, "", false, false, "The private key of CLUSTER_CERTIFICATE (PEM file).",
       apply_link_file(&link_settings::key)});
  add({"CLUSTER_CA", "", false, "", false, false,
       "The certificate authority that signs the certificates of replicas, and of nobody else (PEM file).",
       apply_link_file(&link_settings::ca)});
  add({"CLUSTER_INSECURE", "false", true, "", false, false,
       "true allows links beyond loopback without certificates: whoever reaches the port then controls the replica.",
       apply_cluster_insecure});
  return all;
}

std::string shown_default(const setting_declaration& declared) {
  return declared.has_default ? declared.default_value : "none";
}

std::string shown_help(const setting_declaration& declared) {
  return declared.unit.empty() ? declared.help : fmt::format("{} ({})", declared.help, declared.unit);
}

}  // namespace

bool is_replica_name(std::string_view text) noexcept {
  return !text.empty() && text.size() <= longest_replica_name &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

const std::vector<setting_declaration>& setting_declarations() {
  static const std::vector<setting_declaration> all = declare();
  return all;
}

std::string settings_markdown() {
  std::string table = "| environment | YAML | default | meaning |\n| --- | --- | --- | --- |\n";
  for (const setting_declaration& declared : setting_declarations()) {
    const std::string shown =
        declared.has_default ? fmt::format("`{}`", declared.default_value) : shown_default(declared);
    table += fmt::format("| `{}` | `{}` | {} | {} |\n", declared.name, lower_case(declared.name), shown,
                         shown_help(declared));
  }
  return table;
}

std::string settings_help() {
  std::size_t width = 0;
  for (const setting_declaration& declared : setting_declarations()) width = std::max(width, declared.name.size());
  std::string text;
  for (const setting_declaration& declared : setting_declarations()) {
    text +=
        fmt::format("  {:<{}}  {} Default: {}.\n", declared.name, width, shown_help(declared), shown_default(declared));
  }
  return text;
}

}  // namespace kfs
