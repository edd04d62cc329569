#include "http/server/open_connections.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>

namespace kfs {
namespace {

constexpr std::size_t max_connections = 10'000;
constexpr int send_buffer_bytes = 64 * 1024;  ///< Linux doubles it for its own bookkeeping
constexpr unsigned int receive_bound_ms = 30'000;

}  // namespace

std::size_t connections_within(std::size_t open_files) noexcept {
  return std::min(max_connections, open_files / 2);
}

struct open_connections::state {
  std::mutex mutex;
  std::size_t max_after_enter = 0;  ///< evict down to it when a connection opens
  std::size_t max_after_wait = 0;   ///< evict down to it when a connection starts to wait
  std::size_t taken = 0;            ///< places of connections that were not evicted
  std::list<seat::entry*> waiting;  ///< longest wait first
  std::unordered_map<std::string, seat::entry*> by_client;

  void evict_down_to(std::size_t count);
  [[nodiscard]] int socket_of(const std::string& client) const;
};

struct open_connections::seat::entry {
  std::shared_ptr<open_connections::state> state;
  int socket = -1;
  std::string client;
  bool evicted = false;
  bool waits = false;
  bool http_1_0 = false;
  std::list<entry*>::iterator turn;

  /// The caller holds the mutex.
  void stop_waiting() noexcept {
    if (std::exchange(waits, false)) state->waiting.erase(turn);
  }
};

/// The caller holds the mutex, so that no socket can be closed and its number reused meanwhile.
void open_connections::state::evict_down_to(std::size_t count) {
  while (taken > count && !waiting.empty()) {
    auto& oldest = *waiting.front();
    oldest.stop_waiting();
    oldest.evicted = true;
    --taken;
    ::shutdown(oldest.socket, SHUT_RD);
  }
}

/// -1 for an unknown client. The caller holds the mutex, as above.
int open_connections::state::socket_of(const std::string& client) const {
  const auto found = by_client.find(client);
  return found == by_client.end() ? -1 : found->second->socket;
}

open_connections::open_connections(std::size_t max_connections) : state_(std::make_shared<state>()) {
  state_->max_after_enter = max_connections - max_connections / 10;
  state_->max_after_wait = max_connections - max_connections / 20;
}

open_connections::~open_connections() = default;

open_connections::seat open_connections::enter(int socket, std::string client) {
  auto entered = std::make_unique<seat::entry>();
  entered->state = state_;
  entered->socket = socket;
  entered->client = std::move(client);
  const std::lock_guard lock(state_->mutex);
  ++state_->taken;
  state_->by_client.insert_or_assign(entered->client, entered.get());
  state_->evict_down_to(state_->max_after_enter);
  return seat(std::move(entered));
}

bool open_connections::accepts_chunks(const std::string& client) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->by_client.find(client);
  return found != state_->by_client.end() && !found->second->http_1_0;
}

bool open_connections::has_left(const std::string& client) const {
  const std::lock_guard lock(state_->mutex);
  pollfd asked{.fd = state_->socket_of(client), .events = POLLRDHUP, .revents = 0};
  return asked.fd < 0 || (::poll(&asked, 1, 0) == 1 && asked.revents != 0);
}

void open_connections::cut(const std::string& client) {
  const std::lock_guard lock(state_->mutex);
  ::shutdown(state_->socket_of(client), SHUT_RDWR);
}

void open_connections::prepare_stream(const std::string& client) {
  const std::lock_guard lock(state_->mutex);
  const int socket = state_->socket_of(client);
  ::setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &send_buffer_bytes, sizeof(send_buffer_bytes));
  ::setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &receive_bound_ms, sizeof(receive_bound_ms));
}

open_connections::seat::seat() noexcept = default;
open_connections::seat::seat(std::unique_ptr<entry> taken) noexcept : entry_(std::move(taken)) {}
open_connections::seat::seat(seat&& other) noexcept = default;

open_connections::seat::~seat() {
  leave();
}

open_connections::seat& open_connections::seat::operator=(seat&& other) noexcept {
  leave();
  entry_ = std::move(other.entry_);
  return *this;
}

void open_connections::seat::wait() {
  if (!entry_) return;
  const std::lock_guard lock(entry_->state->mutex);
  if (entry_->waits || entry_->evicted) return;
  auto& waiting = entry_->state->waiting;
  entry_->turn = waiting.insert(waiting.end(), entry_.get());
  entry_->waits = true;
  entry_->state->evict_down_to(entry_->state->max_after_wait);
}

void open_connections::seat::serve() {
  if (!entry_) return;
  const std::lock_guard lock(entry_->state->mutex);
  entry_->stop_waiting();
}

void open_connections::seat::set_http_1_0() {
  if (!entry_) return;
  const std::lock_guard lock(entry_->state->mutex);
  entry_->http_1_0 = true;
}

void open_connections::seat::leave() noexcept {
  if (!entry_) return;
  {
    const std::lock_guard lock(entry_->state->mutex);
    entry_->stop_waiting();
    if (!entry_->evicted) --entry_->state->taken;
    auto& by_client = entry_->state->by_client;
    if (const auto mine = by_client.find(entry_->client); mine != by_client.end() && mine->second == entry_.get())
      by_client.erase(mine);
  }
  entry_.reset();
}

}  // namespace kfs
