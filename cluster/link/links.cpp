#include "cluster/link/links.hpp"

#include <mutex>
#include <utility>

namespace kfs {

/// Known only after the gateway has begun.
struct replica_links::looker {
  std::mutex mutex;
  std::function<void()> look;

  void operator()() {
    const std::lock_guard held(mutex);
    if (look) look();
  }
};

replica_links::replica_links(gateway_front gateway, link_dialer_actor dialer, std::shared_ptr<looker> look,
                             std::shared_ptr<link_board> board, std::string address)
    : gateway_(std::move(gateway)),
      dialer_(std::move(dialer)),
      look_(std::move(look)),
      board_(std::move(board)),
      address_(std::move(address)) {}

result<std::unique_ptr<replica_links>> replica_links::open(caf::actor_system& system, link_transport transport,
                                                           logger log) {
  auto board = std::make_shared<link_board>();
  auto look = std::make_shared<looker>();
  auto gateway = spawn_gateway(system, {.board = board, .log = log, .look_at_replicas = [look] { (*look)(); }});
  const auto published = caf::actor_cast<gateway_actor>(gateway);
  const auto port = open_link_port(transport, published, transport.configured.port);
  if (!port) {
    caf::anon_send_exit(gateway, caf::exit_reason::user_shutdown);
    return tl::make_unexpected(port.error());
  }
  auto address = link_address(transport.configured, *port);
  log.info("the port for links is open", {{"host", transport.configured.host},
                                          {"port", std::to_string(*port)},
                                          {"advertise", address},
                                          {"tls", transport.credentials ? "yes" : "no"}});
  auto dialer = spawn_link_dialer(system, std::move(transport), published, *port, std::move(log));
  return std::unique_ptr<replica_links>(
      new replica_links(std::move(gateway), std::move(dialer), std::move(look), std::move(board), std::move(address)));
}

replica_links::~replica_links() {
  caf::anon_send_exit(dialer_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(gateway_, caf::exit_reason::user_shutdown);
}

announcer_actor replica_links::announcer() const {
  return caf::actor_cast<announcer_actor>(gateway_);
}

std::function<void(const link_directory&)> replica_links::directory() const {
  return [weak = caf::actor_cast<caf::weak_actor_ptr>(gateway_)](const link_directory& present) {
    if (const auto to = caf::actor_cast<gateway_front>(weak))
      caf::anon_send(to, directory_atom::value, std::make_shared<const link_directory>(present));
  };
}

std::function<void(const instance_reports&)> replica_links::reporter() const {
  return [weak = caf::actor_cast<caf::weak_actor_ptr>(gateway_)](const instance_reports& reports) {
    if (const auto to = caf::actor_cast<gateway_front>(weak)) caf::anon_send(to, observed_atom::value, reports);
  };
}

void replica_links::begin(const supervisor_actor& supervisor, std::function<void()> look) {
  {
    const std::lock_guard held(look_->mutex);
    look_->look = std::move(look);
  }
  auto neighbours = std::make_shared<gateway_neighbours>();
  neighbours->supervisor = caf::actor_cast<caf::weak_actor_ptr>(supervisor);
  neighbours->dialer = dialer_;
  caf::anon_send(gateway_, begin_atom::value, gateway_neighbours_ptr(std::move(neighbours)));
}

}  // namespace kfs
