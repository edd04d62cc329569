// A minimal HTTP endpoint for the benches: it reads complete requests, counts them and their bytes, and answers 200.
// One thread, epoll, 127.0.0.1.
//
// usage: fast_endpoint [N]      prints its port; GET /count answers "requests bytes-of-bodies" of what it answered with
//                               200. With N, one request in N, at random, is answered 503 or 429 with Retry-After: 0.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace {

constexpr std::size_t longest_head = 16 * 1024;
constexpr std::string_view accepted = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::array<std::string_view, 2> failed{"HTTP/1.1 503 Bad\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n",
                                                 "HTTP/1.1 429 Bad\r\nContent-Length: 0\r\nRetry-After: 0\r\n\r\n"};

struct connection {
  std::string head;      ///< the part of the head that has arrived
  std::size_t body = 0;  ///< bytes of the body that are missing
  std::size_t size = 0;  ///< of the body
};

struct counts {
  long requests = 0;
  long bytes = 0;
  unsigned fails_one_in = 0;  ///< 0 when no request fails
  std::minstd_rand random;
};

std::size_t content_length(std::string_view head) {
  const auto at = head.find("Content-Length: ");
  return at == std::string_view::npos ? 0 : std::strtoul(head.data() + at + 16, nullptr, 10);
}

std::string count_answer(const counts& all) {
  const auto body = std::to_string(all.requests) + ' ' + std::to_string(all.bytes) + '\n';
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

/// Answers a request whose body has `size` bytes.
void answer(counts& all, std::size_t size, std::string& answers) {
  if (all.fails_one_in > 0 && all.random() % all.fails_one_in == 0) {
    answers.append(failed[all.random() % failed.size()]);
    return;
  }
  ++all.requests;
  all.bytes += static_cast<long>(size);
  answers.append(accepted);
}

/// Handles the received bytes and appends the answers.
void take(connection& of, std::string_view bytes, counts& all, std::string& answers) {
  while (!bytes.empty()) {
    if (of.body > 0) {
      const auto some = std::min(of.body, bytes.size());
      of.body -= some;
      bytes.remove_prefix(some);
      if (of.body == 0) answer(all, of.size, answers);
      continue;
    }
    const auto before = of.head.size();
    of.head.append(bytes.substr(0, longest_head));
    const auto end = of.head.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string::npos) return;
    bytes.remove_prefix(end + 4 - before);
    of.head.resize(end + 2);
    if (of.head.starts_with("GET ")) {
      answers.append(count_answer(all));
    } else {
      of.body = of.size = content_length(of.head);
      if (of.body == 0) answer(all, 0, answers);
    }
    of.head.clear();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof here;
  if (::bind(listener, reinterpret_cast<sockaddr*>(&here), size) != 0 || ::listen(listener, 1'024) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&here), &size) != 0) {
    std::perror("listen");
    return 1;
  }
  std::printf("%d\n", ntohs(here.sin_port));
  std::fflush(stdout);

  const int queue = ::epoll_create1(0);
  const auto watch = [queue](int socket) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    ::epoll_ctl(queue, EPOLL_CTL_ADD, socket, &event);
  };
  watch(listener);
  counts all;
  if (argc > 1) all.fails_one_in = static_cast<unsigned>(std::strtoul(argv[1], nullptr, 10));
  std::vector<connection> connections(4'096);
  std::vector<char> bytes(256 * 1024);
  std::array<epoll_event, 256> events{};
  std::string answers;
  for (;;) {
    const int ready = ::epoll_wait(queue, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int socket = events.at(static_cast<std::size_t>(i)).data.fd;
      if (socket == listener) {
        const int made = ::accept(listener, nullptr, nullptr);
        const int on = 1;
        ::setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connections.at(static_cast<std::size_t>(made)) = {};
        watch(made);
        continue;
      }
      const auto got = ::recv(socket, bytes.data(), bytes.size(), 0);
      if (got <= 0) {
        ::close(socket);
        continue;
      }
      answers.clear();
      take(connections[static_cast<std::size_t>(socket)], {bytes.data(), static_cast<std::size_t>(got)}, all, answers);
      if (!answers.empty() && ::send(socket, answers.data(), answers.size(), MSG_NOSIGNAL) < 0) ::close(socket);
    }
  }
}
