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
#include "config/consumers/spec.hpp"
#include "config/schema/option_schema.hpp"
#include "processors/circuit_breaker.hpp"
#include "processors/lifeline.hpp"
#include "processors/sink.hpp"

namespace kfs {

class database_connections;
class file_writers;
class http_endpoints;

/// What sinks may use of the process. Owned by main, outlives every sink.
struct sink_environment {
  std::vector<std::filesystem::path> file_sink_directories;  ///< where files may be written, as set
  std::filesystem::path data_dir;                            ///< the server's own files there are not written
  std::shared_ptr<file_writers> files;                       ///< one writer a path in the whole process
  address_policy database_hosts = {};                        ///< that a db_dsn may name
  std::shared_ptr<database_connections> databases = {};      ///< the process's connections to databases
  std::shared_ptr<http_endpoints> endpoints = {};            ///< where may be sent, and who is away; of the process
};

/// A processor type: its declaration, and how to make a sink of it.
struct sink_type {
  std::shared_ptr<const object_schema> options;  ///< name() and summary() are the type's own
  /// Checks what the declaration alone cannot, against the environment (is the path allowed?). `loc` is the place of
  /// the config. Appends to `found`; touches nothing outside.
  std::function<void(const json& config, const json& loc, const sink_environment&, std::vector<violation>& found)>
      check;
  /// Names the place to which a validated config writes, for a sink whose own offsets two processors of one consumer
  /// would share there. None: they may write to the same place.
  std::function<std::string(const json& config, const sink_environment&)> place;
  /// Where the secrets of a config are sent, for a config of any shape: a mask stands for a stored secret only as long
  /// as it goes to the same place. Not there: the declaration's own rules suffice.
  std::function<std::string(const json& config)> secrets_go_to;
  /// What is wrong with a validated config when several members of the consumer's group use it at once; none: nothing,
  /// which is also meant where the function itself is not there.
  std::function<std::optional<violation>(const json& config, const json& loc)> mistake_with_instances;
  /// Makes a sink of a validated config. Touches nothing outside before open(). Whatever waits is given up soon after
  /// the lifeline asks to stop, with an error.
  /// `instance` is the number of the consumer's member of the group.
  std::function<sink_ptr(const consumer_spec&, const processor_spec&, const sink_environment&, lifeline held_by,
                         int instance)>
      make;
  /// The circuit breaker that stands before the destination of a validated config, as it is now. Not there, or none:
  /// there is none.
  std::function<std::optional<breaker_condition>(const json& config, const sink_environment&)> breaker = {};
  /// The longest that a sink of a validated config is silent within a call because it waits as it was told to. Not
  /// there: no longer than a few seconds.
  std::function<std::chrono::milliseconds(const json& config)> longest_silence = {};
  /// Its sinks wait for a network: each is given a thread of its own.
  bool waits = false;
};

/// Every processor type, in the order in which it is documented. A new type is one file and one line in
/// sink_registry.cpp.
const std::vector<sink_type>& sink_types();

/// The type of that name, or null.
const sink_type* find_sink_type(std::string_view name);

}  // namespace kfs
