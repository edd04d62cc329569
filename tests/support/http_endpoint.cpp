#include "tests/support/http_endpoint.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <system_error>
#include <thread>

#include "config/base/text.hpp"

namespace kfs::test {
namespace {

using namespace std::string_literals;

constexpr std::size_t read_at_once = 64 * 1024;

int checked(int outcome, const char* call) {
  if (outcome < 0) throw std::system_error(errno, std::generic_category(), call);
  return outcome;
}

struct connection {
  int socket = -1;
  std::size_t number = 0;
  std::string in;
  std::string out;
  bool silent = false;   ///< ignores further bytes
  bool endless = false;  ///< sends more whenever there is room
  bool closes = false;   ///< closes when `out` is sent
};

/// Removes a complete request from the front of `bytes`; nullopt when there is none yet.
std::optional<endpoint_request> take_request(std::string& bytes) {
  const auto head = bytes.find("\r\n\r\n");
  if (head == std::string::npos) return std::nullopt;
  endpoint_request read;
  auto at = bytes.find("\r\n");
  const auto line = bytes.substr(0, at);
  read.method = line.substr(0, line.find(' '));
  read.target = line.substr(read.method.size() + 1, line.rfind(' ') - read.method.size() - 1);
  while (at < head) {
    const auto begin = at + 2;
    at = bytes.find("\r\n", begin);
    const auto colon = bytes.find(':', begin);
    read.headers.emplace(lower_case(bytes.substr(begin, colon - begin)),
                         std::string(trimmed(std::string_view(bytes).substr(colon + 1, at - colon - 1))));
  }
  const auto length = read.header("content-length");
  const auto size = length.empty() ? 0 : std::stoul(length);
  if (bytes.size() < head + 4 + size) return std::nullopt;
  read.body = bytes.substr(head + 4, size);
  bytes.erase(0, head + 4 + size);
  return read;
}

std::string head_of(const endpoint_answer& answer, const std::string& length) {
  std::string text = "HTTP/1.1 " + std::to_string(answer.status) + " Scripted\r\n";
  for (const auto& line : answer.headers) text += line + "\r\n";
  return text + length + "\r\n\r\n";
}

}  // namespace

std::string endpoint_request::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

class http_endpoint::server {
 public:
  explicit server(script answers)
      : script_(std::move(answers)), wakeup_(checked(::eventfd(0, EFD_NONBLOCK), "eventfd")) {
    listener_ = listen_on(0);
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    checked(::getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size), "getsockname");
    port_ = ntohs(bound.sin_port);
    thread_ = std::jthread([this](const std::stop_token& ends) { run(ends); });
  }

  ~server() {
    thread_.request_stop();
    wake();
    thread_.join();
    close_all();
    ::close(wakeup_);
  }

  server(const server&) = delete;
  server& operator=(const server&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

  void answer_with(script answers) {
    const std::lock_guard lock(mutex_);
    script_ = std::move(answers);
  }

  /// Starts or stops listening. Returns when that is done.
  void listen(bool wanted) {
    std::unique_lock lock(mutex_);
    wanted_ = wanted;
    wake();
    changed_.wait(lock, [&] { return (listener_ >= 0) == wanted; });
  }

  [[nodiscard]] std::vector<endpoint_request> requests(bool only_accepted) const {
    const std::lock_guard lock(mutex_);
    if (!only_accepted) return requests_;
    std::vector<endpoint_request> some;
    std::ranges::copy_if(requests_, std::back_inserter(some), is_accepted);
    return some;
  }

  [[nodiscard]] std::size_t accepted_count() const {
    const std::lock_guard lock(mutex_);
    return accepted_;
  }

  [[nodiscard]] std::size_t most_at_once() const {
    const std::lock_guard lock(mutex_);
    return most_at_once_;
  }

 private:
  static bool is_accepted(const endpoint_request& request) { return request.answered >= 200 && request.answered < 300; }

  static int listen_on(std::uint16_t port) {
    const int made = checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
    const int on = 1;
    ::setsockopt(made, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    checked(::bind(made, reinterpret_cast<const sockaddr*>(&to), sizeof to), "bind");
    checked(::listen(made, SOMAXCONN), "listen");
    return made;
  }

  void wake() const {
    const std::uint64_t count = 1;
    [[maybe_unused]] const auto written = ::write(wakeup_, &count, sizeof count);
  }

  void run(const std::stop_token& ends) {
    while (!ends.stop_requested()) {
      apply_wanted();
      std::vector<pollfd> polled{{wakeup_, POLLIN, 0}, {listener_, POLLIN, 0}};
      for (const auto& each : connections_) {
        const bool writes = !each.out.empty() || each.endless;
        polled.push_back({each.socket, static_cast<short>(POLLIN | (writes ? POLLOUT : 0)), 0});
      }
      ::poll(polled.data(), polled.size(), -1);
      std::uint64_t count = 0;
      [[maybe_unused]] const auto read = ::read(wakeup_, &count, sizeof count);
      for (std::size_t i = 2; i < polled.size(); ++i) serve(connections_[i - 2], polled[i].revents);
      answer_all();
      std::erase_if(connections_, [](const connection& each) { return each.socket < 0; });
      if ((polled[1].revents & POLLIN) != 0) accept_all();
    }
  }

  void apply_wanted() {
    const std::lock_guard lock(mutex_);
    if (wanted_ == (listener_ >= 0)) return;
    if (wanted_)
      listener_ = listen_on(port_);
    else
      close_all();
    changed_.notify_all();
  }

  void close_all() {
    for (const auto& each : connections_) ::close(each.socket);
    connections_.clear();
    if (listener_ >= 0) ::close(listener_);
    listener_ = -1;
  }

  void accept_all() {
    for (;;) {
      const int made = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (made < 0) return;
      const int on = 1;
      ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      connections_.push_back({.socket = made, .number = ++connected_, .in = {}, .out = {}});
    }
  }

  static void end(connection& client) {
    ::close(client.socket);
    client.socket = -1;
  }

  static void serve(connection& client, short events) {
    if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !read_all(client)) return end(client);
    if (client.endless && client.out.empty()) client.out.assign(read_at_once, 'x');
    send_some(client);
  }

  static bool read_all(connection& client) {
    static thread_local std::array<char, read_at_once> bytes;
    for (;;) {
      const auto size = ::recv(client.socket, bytes.data(), bytes.size(), 0);
      if (size == 0) return false;
      if (size < 0) return errno == EAGAIN || errno == EINTR;
      if (!client.silent) client.in.append(bytes.data(), static_cast<std::size_t>(size));
    }
  }

  static void send_some(connection& client) {
    while (!client.out.empty()) {
      const auto size = ::send(client.socket, client.out.data(), client.out.size(), MSG_NOSIGNAL);
      if (size < 0) {
        if (errno != EAGAIN) end(client);
        return;
      }
      client.out.erase(0, static_cast<std::size_t>(size));
    }
    if (client.closes) end(client);
  }

  /// Reads all arrived requests before it answers the first, so that they count as unanswered at the same time.
  void answer_all() {
    std::vector<std::pair<connection*, endpoint_request>> arrived;
    for (auto& each : connections_) {
      if (each.socket < 0) continue;
      for (auto request = take_request(each.in); request; request = take_request(each.in)) {
        request->connection = each.number;
        arrived.emplace_back(&each, std::move(*request));
      }
    }
    for (auto& [client, request] : arrived) {
      const std::lock_guard lock(mutex_);
      most_at_once_ = std::max(most_at_once_, arrived.size());
      const auto answer = script_ ? script_(request) : endpoint_answer{};
      if (answer.how == endpoint_answer::way::whole) request.answered = answer.status;
      if (is_accepted(request)) ++accepted_;
      requests_.push_back(std::move(request));
      if (client->socket >= 0) give(*client, answer);
    }
  }

  static void give(connection& to, const endpoint_answer& answer) {
    using way = endpoint_answer::way;
    const auto length = "Content-Length: " + std::to_string(answer.body.size());
    switch (answer.how) {
      case way::whole:
        to.out += head_of(answer, length) + answer.body;
        break;
      case way::none:
        to.silent = true;
        break;
      case way::half:
        to.out += head_of(answer, "Content-Length: 100") + "half of it";
        to.closes = true;
        break;
      case way::garbage:
        to.out += "\0\xff not HTTP\r\n\r\n"s;
        to.closes = true;
        break;
      case way::endless:
        to.out += head_of(answer, "X-Endless: yes");
        to.endless = true;
        break;
      case way::closed:
        end(to);
        return;
    }
    send_some(to);
  }

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  script script_;
  std::vector<endpoint_request> requests_;
  std::size_t accepted_ = 0;
  std::size_t most_at_once_ = 0;
  bool wanted_ = true;
  int wakeup_ = -1;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::vector<connection> connections_;  ///< used by the thread only
  std::size_t connected_ = 0;
  std::jthread thread_;
};

http_endpoint::http_endpoint(script answers) : server_(std::make_unique<server>(std::move(answers))) {}
http_endpoint::~http_endpoint() = default;

std::uint16_t http_endpoint::port() const noexcept {
  return server_->port();
}

std::string http_endpoint::url(const std::string& path) const {
  return "http://127.0.0.1:" + std::to_string(port()) + path;
}

void http_endpoint::answer_with(script answers) {
  server_->answer_with(std::move(answers));
}

void http_endpoint::vanish() {
  server_->listen(false);
}

void http_endpoint::come_back() {
  server_->listen(true);
}

std::vector<endpoint_request> http_endpoint::requests() const {
  return server_->requests(false);
}

std::vector<endpoint_request> http_endpoint::accepted() const {
  return server_->requests(true);
}

std::size_t http_endpoint::accepted_count() const {
  return server_->accepted_count();
}

std::size_t http_endpoint::most_at_once() const {
  return server_->most_at_once();
}

}  // namespace kfs::test
