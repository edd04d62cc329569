#include "http/server/open_connections.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/test/unit_test.hpp>
#include <vector>

using namespace kfs;

BOOST_AUTO_TEST_SUITE(open_connections)

namespace {

/// A connection of which both ends are here.
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

  /// The socket reads the end of its stream.
  [[nodiscard]] bool asked_to_go() const {
    pollfd state{.fd = ends_[0], .events = POLLIN, .revents = 0};
    return ::poll(&state, 1, 0) == 1;
  }

 private:
  std::array<int, 2> ends_{};
};

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

  [[nodiscard]] std::vector<std::size_t> asked_to_go() const {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < clients.size(); ++i)
      if (clients[i].asked_to_go()) found.push_back(i);
    return found;
  }

  void check_asked_to_go(const std::vector<std::size_t>& expected) const {
    BOOST_TEST(asked_to_go() == expected, boost::test_tools::per_element());
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(up_to_nine_tenths_everybody_may_wait, ten_places) {
  enter(9);
  check_asked_to_go({});
}

BOOST_FIXTURE_TEST_CASE(beyond_it_each_that_comes_ends_the_longest_wait, ten_places) {
  enter(10);
  check_asked_to_go({0});
  enter(2);
  check_asked_to_go({0, 1, 2});
}

BOOST_FIXTURE_TEST_CASE(who_is_being_served_is_not_asked_and_waits_anew_afterwards, ten_places) {
  enter(9);
  seats[0].serve();
  seats[1].serve();
  seats[1].wait();
  enter(1);
  check_asked_to_go({2});
  seats[0].wait();
  enter(1);
  check_asked_to_go({2, 3});
}

BOOST_FIXTURE_TEST_CASE(bytes_that_end_no_request_do_not_keep_a_place, ten_places) {
  enter(9);
  seats[0].wait();
  enter(1);
  check_asked_to_go({0});
}

BOOST_FIXTURE_TEST_CASE(who_leaves_makes_room_and_is_asked_no_more, ten_places) {
  enter(9);
  seats[0].leave();
  seats[0].leave();
  seats[1] = {};
  enter(2);
  check_asked_to_go({});
  enter(1);
  check_asked_to_go({2});
  seats[2].leave();
  BOOST_TEST(!seats[2]);
}

BOOST_AUTO_TEST_CASE(when_all_places_were_taken_by_who_was_served_some_are_free_once_they_wait) {
  kfs::open_connections open{40};
  const std::vector<local_connection> clients(40);
  std::vector<kfs::open_connections::seat> seats;
  for (const auto& client : clients) seats.push_back(open.enter(client.socket(), std::to_string(seats.size())));
  BOOST_TEST(std::none_of(clients.begin(), clients.end(), [](const auto& client) { return client.asked_to_go(); }));
  for (auto& seat : seats) seat.wait();
  const auto gone =
      std::count_if(clients.begin(), clients.end(), [](const auto& client) { return client.asked_to_go(); });
  BOOST_TEST(gone == 2);
}

BOOST_FIXTURE_TEST_CASE(who_speaks_http_1_0_is_known_to_know_no_chunks, ten_places) {
  enter(2);
  seats[1].knows_no_chunks();
  BOOST_TEST(open.knows_chunks("client 0"));
  BOOST_TEST(!open.knows_chunks("client 1"));
  BOOST_TEST(!open.knows_chunks("nobody"));
}

BOOST_FIXTURE_TEST_CASE(a_client_has_left_when_it_has_closed_its_side_or_has_no_place, ten_places) {
  enter(2);
  BOOST_TEST(!open.has_left("client 0"));
  ::shutdown(clients[0].client(), SHUT_WR);
  BOOST_TEST(open.has_left("client 0"));
  BOOST_TEST(!open.has_left("client 1"));
  seats[1].leave();
  BOOST_TEST(open.has_left("client 1"));
  BOOST_TEST(open.has_left("nobody"));
}

BOOST_FIXTURE_TEST_CASE(bytes_that_were_not_read_do_not_hide_that_a_client_has_left, ten_places) {
  enter(1);
  BOOST_TEST(::send(clients[0].client(), "x", 1, 0) == 1);
  BOOST_TEST(!open.has_left("client 0"));
  ::shutdown(clients[0].client(), SHUT_WR);
  BOOST_TEST(open.has_left("client 0"));
}

BOOST_FIXTURE_TEST_CASE(in_a_connection_that_is_cut_nothing_is_sent_any_more_and_others_go_on, ten_places) {
  enter(2);
  open.cut("client 0");
  open.cut("nobody");
  BOOST_TEST(::send(clients[0].socket(), "x", 1, MSG_NOSIGNAL) == -1);
  BOOST_TEST(::send(clients[1].socket(), "x", 1, MSG_NOSIGNAL) == 1);
}

BOOST_FIXTURE_TEST_CASE(little_waits_for_a_client_for_whom_little_shall, ten_places) {
  enter(1);
  open.keep_little_for("client 0");
  int size = 0;
  socklen_t length = sizeof(size);
  ::getsockopt(clients[0].socket(), SOL_SOCKET, SO_SNDBUF, &size, &length);
  BOOST_TEST(size == 2 * 64 * 1024);
}

BOOST_FIXTURE_TEST_CASE(a_client_that_comes_again_from_the_same_port_is_the_one_that_is_meant, ten_places) {
  enter(1);
  seats.push_back(open.enter(clients[1].socket(), "client 0"));
  seats[0].leave();
  BOOST_TEST(!open.has_left("client 0"));
}

BOOST_AUTO_TEST_CASE(half_of_the_open_files_are_for_connections_up_to_ten_thousand) {
  BOOST_TEST(connections_within(1'024) == 512U);
  BOOST_TEST(connections_within(20'000) == 10'000U);
  BOOST_TEST(connections_within(1'000'000) == 10'000U);
}

BOOST_AUTO_TEST_SUITE_END()
