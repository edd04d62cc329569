#include "http/server/open_connections.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>

namespace kfs {
namespace {

constexpr std::size_t most_connections = 10'000;
constexpr int little = 64 * 1024;  ///< bytes; the system takes twice as much, with what it needs itself

}  // namespace

std::size_t connections_within(std::size_t open_files) noexcept {
  return std::min(most_connections, open_files / 2);
}

struct open_connections::state {
  std::mutex mutex;
  std::size_t comfortable = 0;      ///< a newcomer may find so many
  std::size_t crowded = 0;          ///< so many may wait, though nobody comes
  std::size_t taken = 0;            ///< without those that were asked to go
  std::list<seat::entry*> waiting;  ///< the longest first
  std::unordered_map<std::string, seat::entry*> by_client;

  void make_room(std::size_t up_to);
  [[nodiscard]] int socket_of(const std::string& client) const;
};

struct open_connections::seat::entry {
  std::shared_ptr<open_connections::state> all;
  int socket = -1;
  std::string client;
  bool asked_to_go = false;
  bool waits = false;
  bool knows_chunks = true;
  std::list<entry*>::iterator turn;

  /// With the mutex held.
  void stop_waiting() noexcept {
    if (std::exchange(waits, false)) all->waiting.erase(turn);
  }
};

/// With the mutex held, so that no socket is closed, and its number given to another, meanwhile.
void open_connections::state::make_room(std::size_t up_to) {
  while (taken > up_to && !waiting.empty()) {
    auto& oldest = *waiting.front();
    oldest.stop_waiting();
    oldest.asked_to_go = true;
    --taken;
    ::shutdown(oldest.socket, SHUT_RD);
  }
}

/// With the mutex held, as above; -1 where there is none.
int open_connections::state::socket_of(const std::string& client) const {
  const auto found = by_client.find(client);
  return found == by_client.end() ? -1 : found->second->socket;
}

open_connections::open_connections(std::size_t most) : state_(std::make_shared<state>()) {
  state_->comfortable = most - most / 10;
  state_->crowded = most - most / 20;
}

open_connections::~open_connections() = default;

open_connections::seat open_connections::enter(int socket, std::string client) {
  auto entered = std::make_unique<seat::entry>();
  entered->all = state_;
  entered->socket = socket;
  entered->client = std::move(client);
  const std::lock_guard lock(state_->mutex);
  ++state_->taken;
  state_->by_client.insert_or_assign(entered->client, entered.get());
  state_->make_room(state_->comfortable);
  return seat(std::move(entered));
}

bool open_connections::knows_chunks(const std::string& client) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->by_client.find(client);
  return found != state_->by_client.end() && found->second->knows_chunks;
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

void open_connections::keep_little_for(const std::string& client) {
  const std::lock_guard lock(state_->mutex);
  ::setsockopt(state_->socket_of(client), SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
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
  const std::lock_guard lock(entry_->all->mutex);
  if (entry_->waits || entry_->asked_to_go) return;
  auto& waiting = entry_->all->waiting;
  entry_->turn = waiting.insert(waiting.end(), entry_.get());
  entry_->waits = true;
  entry_->all->make_room(entry_->all->crowded);
}

void open_connections::seat::serve() {
  if (!entry_) return;
  const std::lock_guard lock(entry_->all->mutex);
  entry_->stop_waiting();
}

void open_connections::seat::knows_no_chunks() {
  if (!entry_) return;
  const std::lock_guard lock(entry_->all->mutex);
  entry_->knows_chunks = false;
}

void open_connections::seat::leave() noexcept {
  if (!entry_) return;
  {
    const std::lock_guard lock(entry_->all->mutex);
    entry_->stop_waiting();
    if (!entry_->asked_to_go) --entry_->all->taken;
    auto& by_client = entry_->all->by_client;
    if (const auto mine = by_client.find(entry_->client); mine != by_client.end() && mine->second == entry_.get())
      by_client.erase(mine);
  }
  entry_.reset();
}

}  // namespace kfs
