#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/base/address_policy.hpp"
#include "config/consumers/processor_catalog.hpp"
#include "config/consumers/spec.hpp"
#include "config/schema/option_schema.hpp"
#include "config/secrets/secret_source.hpp"
#include "processors/circuit_breaker.hpp"
#include "processors/lifeline.hpp"
#include "processors/sink.hpp"

namespace kfs {

class database_connections;
class file_writers;
class http_endpoints;

class lease_view;

/// What the process shares with its sinks. Owned by main(); outlives every sink.
struct sink_environment {
  std::vector<std::filesystem::path> file_sink_directories;  ///< FILE_SINK_DIRECTORIES
  std::filesystem::path data_dir;                            ///< holds the server's own files, which no sink may write
  std::shared_ptr<file_writers> files;                       ///< one writer per series of files
  address_policy database_hosts = {};                        ///< hosts that a db_dsn may name
  std::shared_ptr<database_connections> databases = {};      ///< all connections to databases
  std::shared_ptr<http_endpoints> endpoints = {};            ///< allowed hosts, and one circuit breaker per endpoint
  std::shared_ptr<const lease_view> leases = {};             ///< null: sinks write without leases
  secret_source secrets = {};                                ///< to which configs may refer
  /// Where redirects may lead that a consumer of the tenant follows. Empty function: wherever `endpoints` allow.
  std::function<address_policy(const std::string& tenant)> redirects_of = {};
  /// A config has to name the hosts of databases itself, because whoever checks it later does not know
  /// `database_hosts`.
  bool names_database_hosts = false;
  std::vector<std::filesystem::path> read_by_server = {};       ///< files and directories in which no sink may write
  std::string file_directories_from = "FILE_SINK_DIRECTORIES";  ///< names the list `file_sink_directories`
};

/// A processor type: its declaration, its checks, and how to make a sink of it.
struct sink_type {
  std::shared_ptr<const object_schema> options;  ///< its name() and summary() are those of the type
  /// Checks a config against the environment (is the path allowed?) and the topic, and its options against each other.
  /// `loc` is the location of the config in the request. Appends to `found`; changes nothing outside.
  std::function<void(const config_for_topic&, const json& loc, const sink_environment&, std::vector<violation>& found)>
      check;
  /// The destinations of a config, when two processors of one consumer may not write to the same one because they would
  /// share its stored offsets. Empty function when they may.
  std::function<place_names(const config_for_topic&, const sink_environment&)> places_of = {};
  /// True when two processors might share a destination. Empty function: when they have an element in common.
  std::function<bool(const place_names&, const place_names&)> may_meet = {};
  /// What to change when two processors share a destination.
  std::string how_to_part = {};
  /// These two are as in processor_type (config/consumers/processor_catalog.hpp).
  std::function<std::optional<std::string>(const config_for_topic&, const config_for_topic& of_other)>
      mistake_beside_other = {};
  std::function<bool(const config_for_topic&)> minds_others = {};
  /// Where the secrets of a config are sent; the config may be invalid. A mask stands for a stored secret only while
  /// this stays the same. Empty function when the rules of the declaration suffice.
  std::function<std::string(const json& config)> secrets_go_to = {};
  /// What is wrong with a validated config when several instances of the consumer use it at once; nullopt when nothing
  /// is. Empty function when nothing ever is.
  std::function<std::optional<violation>(const json& config, const json& loc)> mistake_with_instances = {};
  /// Makes a sink of a config. Changes nothing outside before open(). A wait ends with an error soon after the lifeline
  /// asks to stop. A config that refers to secrets gets a sink that looks them up (resolving_sink). A config that was
  /// stored before the rules became stricter, and is no longer valid, gets a sink that only says so. `instance` is the
  /// number of the consumer's instance, from 0.
  std::function<sink_ptr(const consumer_spec&, const processor_spec&, const sink_environment&, lifeline held_by,
                         int instance)>
      make;
  /// The present state of the circuit breaker of a validated config's destination; nullopt, or an empty function, when
  /// there is no breaker.
  std::function<std::optional<breaker_condition>(const json& config, const sink_environment&)> breaker = {};
  /// The longest time that a sink of a validated config may wait in a call without a sign of life. Empty function when
  /// that is a few seconds.
  std::function<std::chrono::milliseconds(const json& config)> longest_silence = {};
  /// True when its sinks wait for a network: each then gets a thread of its own.
  bool waits = false;
};

/// Every processor type, in the order in which they are documented. A new type is one room and one line in
/// sink_registry.cpp.
const std::vector<sink_type>& sink_types();

/// The type with this name; null when there is none.
const sink_type* find_sink_type(std::string_view name);

}  // namespace kfs
