#pragma once

#include <chrono>
#include <filesystem>
#include <memory>

#include "actors/interfaces.hpp"
#include "config/access/access_book.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// What the keeper works with.
struct access_keeper_parts {
  store_actor store;
  std::shared_ptr<access_book> book;
  logger log;
  std::filesystem::path file;  ///< ACCESS_FILE; empty: none
  std::chrono::days retention{90};
};

/// Starts the actor that keeps `book` up to date with the store and the access file, and enters what is done into the
/// audit.
access_actor spawn_access_keeper(caf::actor_system& system, access_keeper_parts parts);

/// Reads the access file. Errors: invalid_request, with every mistake; also when the file cannot be read.
result<access_rules> read_access_file(const std::filesystem::path& file);

}  // namespace kfs
