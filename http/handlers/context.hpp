#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "actors/change_feed.hpp"
#include "actors/interfaces.hpp"
#include "actors/kept_views.hpp"
#include "actors/metrics/metrics.hpp"
#include "cluster/messages.hpp"
#include "config/access/access_book.hpp"
#include "config/access/audit_entry.hpp"
#include "config/base/logger.hpp"
#include "config/settings/settings.hpp"
#include "http/actor_bridge.hpp"
#include "http/auth/authenticator.hpp"
#include "http/message/http_message.hpp"
#include "http/streams/open_streams.hpp"

namespace kfs {

/// What the REST API needs to know who may do what, and to tell what was done.
struct access_environment {
  std::shared_ptr<const authenticator> authentication;
  std::shared_ptr<const access_book> book;
  access_actor keeper;
  store_actor store;

  /// Enters what was done into the audit. Does not block.
  void record(audit_entry entry) const { caf::anon_send(keeper, audit_atom::value, std::move(entry)); }
  /// Tells how a pending entry of the audit went. Does not block.
  void finish(audit_finish how) const { caf::anon_send(keeper, finish_atom::value, how); }
  /// Counts a request without a valid token. Does not block.
  void count_unauthenticated(std::string source) const {
    caf::anon_send(keeper, denied_atom::value, std::move(source));
  }
};

/// What the REST API needs of the process. References outlive the actor system.
struct http_environment {
  const settings& configured;
  supervisor_actor supervisor;
  kafka_admin_actor admin;
  lag_actor lag;
  cluster_actor cluster;
  metrics& measured;
  rules_actor rules;
  change_feed& changes;
  const kept_views& kept;
  logger log;
  std::string version;
  access_environment access;
  std::size_t most_connections = 256;  ///< parallel ones; see connections_within()
};

/// What handlers work with. Shared, immutable but for the bridge's own state.
struct application_context {
  http_environment environment;
  actor_bridge bridge;
  std::shared_ptr<open_streams> streams;
};

/// The longest that a request waits for actors.
inline constexpr std::chrono::seconds request_time_limit{14};

}  // namespace kfs
