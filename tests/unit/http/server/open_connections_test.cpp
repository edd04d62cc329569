#include "http/server/open_connections.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <vector>

namespace kfs::open_connections_test {

BOOST_AUTO_TEST_SUITE(open_connections)

namespace {

/// A connection with both of its ends in this process.
class local_connection {
 public:
  local_connection() { ::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()); }
  ~local_connection() {
    for (const int end : ends_) ::close(end);
  }
  local_connection(const local_connection&) = delete;
  local_connection& operator=(const local_connection&) = delete;

  [[nodiscard]] int socket() const { return ends_[0]; }

  [[nodiscard]] int client() const { return ends_[1]; }

  /// True when the server's end reads the end of its stream.
  [[nodiscard]] bool evicted() const {
    pollfd state{.fd = ends_[0], .events = POLLIN, .revents = 0};
    return ::poll(&state, 1, 0) == 1;
  }

 private:
  std::array<int, 2> ends_{};
};

/// Room for ten connections, and twelve clients.
struct ten_places {
  kfs::open_connections open{10};
  std::vector<local_connection> clients{12};
  std::vector<kfs::open_connections::seat> seats;

  void enter(std::size_t count) {
    while (count-- > 0) {
      seats.push_back(open.enter(clients[seats.size()].socket(), "client " + std::to_string(seats.size())));
      seats.back().wait();
    }
  }

  [[nodiscard]] std::vector<std::size_t> evicted() const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < clients.size(); ++i)
      if (clients[i].evicted()) found.push_back(i);
    return found;
  }

  void check_evicted(const std::vector<std::size_t>& expected) const {
    BOOST_TEST(evicted() == expected, boost::test_tools::per_element());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(up_to_nine_tenths_no_connection_is_evicted, ten_places) {
  enter(9);
  check_evicted({});
}

BOOST_FIXTURE_TEST_CASE(above_nine_tenths_each_new_connection_evicts_the_longest_waiting_one, ten_places) {
  enter(10);
  check_evicted({0});
  enter(2);
  check_evicted({0, 1, 2});
}

BOOST_FIXTURE_TEST_CASE(a_connection_with_a_request_is_not_evicted_and_then_waits_anew, ten_places) {
  enter(9);
  seats[0].serve();
  seats[1].serve();
  seats[1].wait();
  enter(1);
  check_evicted({2});
  seats[0].wait();
  enter(1);
  check_evicted({2, 3});
}

BOOST_FIXTURE_TEST_CASE(part_of_a_request_does_not_protect_from_eviction, ten_places) {
  enter(9);
  seats[0].wait();
  enter(1);
  check_evicted({0});
}

BOOST_FIXTURE_TEST_CASE(a_connection_that_leaves_makes_room_and_is_not_evicted, ten_places) {
  enter(9);
  seats[0].leave();
  seats[0].leave();
  seats[1] = {};
  enter(2);
  check_evicted({});
  enter(1);
  check_evicted({2});
  seats[2].leave();
  BOOST_TEST(!seats[2]);
}

BOOST_AUTO_TEST_CASE(when_served_connections_hold_all_places_some_are_evicted_once_they_wait) {
  kfs::open_connections open{40};
  const std::vector<local_connection> clients(40);
  std::vector<kfs::open_connections::seat> seats;
  for (const auto& client : clients) seats.push_back(open.enter(client.socket(), std::to_string(seats.size())));
  BOOST_TEST(std::none_of(clients.begin(), clients.end(), [](const auto& client) { return client.evicted(); }));
  for (auto& seat : seats) seat.wait();
  const auto gone = std::count_if(clients.begin(), clients.end(), [](const auto& client) { return client.evicted(); });
  BOOST_TEST(gone == 2);
}

BOOST_FIXTURE_TEST_CASE(a_client_of_http_1_0_accepts_no_chunks, ten_places) {
  enter(2);
  seats[1].set_http_1_0();
  BOOST_TEST(open.accepts_chunks("client 0"));
  BOOST_TEST(!open.accepts_chunks("client 1"));
  BOOST_TEST(!open.accepts_chunks("unknown"));
}

BOOST_FIXTURE_TEST_CASE(a_client_has_left_when_it_closed_its_side_or_is_unknown, ten_places) {
  enter(2);
  BOOST_TEST(!open.has_left("client 0"));
  ::shutdown(clients[0].client(), SHUT_WR);
  BOOST_TEST(open.has_left("client 0"));
  BOOST_TEST(!open.has_left("client 1"));
  seats[1].leave();
  BOOST_TEST(open.has_left("client 1"));
  BOOST_TEST(open.has_left("unknown"));
}

BOOST_FIXTURE_TEST_CASE(unread_bytes_do_not_hide_that_a_client_has_left, ten_places) {
  enter(1);
  BOOST_TEST(::send(clients[0].client(), "x", 1, 0) == 1);
  BOOST_TEST(!open.has_left("client 0"));
  ::shutdown(clients[0].client(), SHUT_WR);
  BOOST_TEST(open.has_left("client 0"));
}

BOOST_FIXTURE_TEST_CASE(nothing_can_be_sent_on_a_cut_connection_and_others_continue, ten_places) {
  enter(2);
  open.cut("client 0");
  open.cut("unknown");
  BOOST_TEST(::send(clients[0].socket(), "x", 1, MSG_NOSIGNAL) == -1);
  BOOST_TEST(::send(clients[1].socket(), "x", 1, MSG_NOSIGNAL) == 1);
}

BOOST_AUTO_TEST_CASE(the_connection_of_a_stream_buffers_little_and_ends_when_its_client_vanishes) {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  kfs::open_connections open{10};
  const auto seat = open.enter(socket, "client");
  open.prepare_stream("client");
  int size = 0;
  socklen_t length = sizeof(size);
  ::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, &length);
  BOOST_TEST(size == 2 * 64 * 1024);
  unsigned int bound = 0;
  length = sizeof(bound);
  ::getsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &bound, &length);
  BOOST_TEST(bound == 30'000U);
  ::close(socket);
}

BOOST_FIXTURE_TEST_CASE(the_latest_connection_from_the_same_port_counts, ten_places) {
  enter(1);
  seats.push_back(open.enter(clients[1].socket(), "client 0"));
  seats[0].leave();
  BOOST_TEST(!open.has_left("client 0"));
}

BOOST_AUTO_TEST_CASE(half_of_the_open_files_are_for_connections_and_at_most_ten_thousand) {
  BOOST_TEST(connections_within(1'024) == 512U);
  BOOST_TEST(connections_within(20'000) == 10'000U);
  BOOST_TEST(connections_within(1'000'000) == 10'000U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::open_connections_test
