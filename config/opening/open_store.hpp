#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/base/logger.hpp"
#include "config/postgres/conninfo.hpp"
#include "config/postgres/store_url.hpp"
#include "config/settings/settings.hpp"
#include "config/store/consumer_store.hpp"
#include "config/store/sealing.hpp"

namespace kfs {

/// A store, and what it held when it was opened.
struct opened_store {
  std::unique_ptr<consumer_store> keeper;
  spec_sealing_ptr sealing;
  std::optional<std::vector<consumer_spec>> consumers;  ///< nullopt when they are loaded later
  std::string place;                                    ///< for log lines
  std::optional<postgres_target> shared;                ///< the database, where several replicas share the consumers
};

/// Opens the store that the settings name. The embedded store must work at once. PostgreSQL may become reachable later;
/// until then the server is not ready. `defaults`: what a DATABASE_URL leaves out; `types`: the processor types, whose
/// secrets are encrypted.
result<opened_store> open_store(const settings& configured, const conninfo_options& defaults,
                                const std::string& replica, processor_schemas types, const logger& log);

}  // namespace kfs
