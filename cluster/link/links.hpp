#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cluster/link/board.hpp"
#include "cluster/link/gateway.hpp"
#include "cluster/link/transport.hpp"
#include "config/base/logger.hpp"

namespace kfs {

/// The links of this replica to others: its open port, its gateway, and what is known of both.
///
/// Ownership: of the process, which destroys it before the actor system.
/// Threading: of the thread that makes it; what it hands out is safe from any thread.
class replica_links {
 public:
  /// Opens the port. Errors: invalid_request, with a sentence, when it cannot be opened.
  static result<std::unique_ptr<replica_links>> open(caf::actor_system& system, link_transport transport, logger log);
  ~replica_links();
  replica_links(const replica_links&) = delete;
  replica_links& operator=(const replica_links&) = delete;

  /// host:port where the others reach this replica.
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::shared_ptr<const link_board> board() const { return board_; }
  [[nodiscard]] announcer_actor announcer() const;
  [[nodiscard]] std::function<void(const link_directory&)> directory() const;
  [[nodiscard]] std::function<void(const instance_reports&)> reporter() const;

  /// From now on changes and reports of others are told to that supervisor. `look` is called when another replica may
  /// have begun or ended.
  void begin(const supervisor_actor& supervisor, std::function<void()> look);

 private:
  struct looker;
  replica_links(gateway_front gateway, link_dialer_actor dialer, std::shared_ptr<looker> look,
                std::shared_ptr<link_board> board, std::string address);

  gateway_front gateway_;
  link_dialer_actor dialer_;
  std::shared_ptr<looker> look_;
  std::shared_ptr<link_board> board_;
  std::string address_;
};

}  // namespace kfs
