#include "actors/kafka/connection_guard.hpp"

#include <cerrno>
#include <utility>

namespace kfs {

int connection_guard::connect(int socket, const sockaddr* address, socklen_t length, std::string_view node) {
  if (const auto allowed = policy_.check_address(address, host_of_node(node)); !allowed) {
    const std::lock_guard lock(mutex_);
    if (last_refusal_ != allowed.error().message) {
      last_refusal_ = allowed.error().message;
      log_.warning("refused a connection to a Kafka broker",
                   {{"broker", std::string(node)}, {"reason", allowed.error().message}});
    }
    return EACCES;
  }
  if (::connect(socket, address, length) == 0) return 0;
  // librdkafka's sockets are non-blocking: the client itself waits until the connection is established.
  return errno == EINPROGRESS || errno == EINTR ? 0 : errno;
}

std::optional<std::string> connection_guard::last_refusal() const {
  const std::lock_guard lock(mutex_);
  return last_refusal_;
}

namespace {

int guarded_connect(int socket, const sockaddr* address, int length, const char* node, void* opaque) {
  auto& guard = *static_cast<client_opaque*>(opaque)->guard;
  return guard.connect(socket, address, static_cast<socklen_t>(length), node);
}

}  // namespace

void guard_connections(rd_kafka_conf_t* conf, client_opaque& opaque) {
  rd_kafka_conf_set_opaque(conf, &opaque);
  rd_kafka_conf_set_connect_cb(conf, guarded_connect);
}

std::string_view host_of_node(std::string_view node) noexcept {
  const auto port = node.rfind(':');
  auto host = node.substr(0, port);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  return host;
}

}  // namespace kfs
