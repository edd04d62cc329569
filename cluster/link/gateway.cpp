#include "cluster/link/gateway.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "actors/answer.hpp"
#include "actors/exceptions.hpp"
#include "cluster/link/greeting.hpp"
#include "cluster/link/waiting_reports.hpp"
#include "cluster/news/report_json.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

constexpr auto tick_interval = 250ms;
constexpr auto first_back_off = 250ms;
constexpr auto longest_back_off = 5s;
/// How long the replica whose name comes second waits for the first one to connect, before it connects itself: in CAF,
/// two connections between the same processes that begin at the same time may end each other.
constexpr auto patience_of_the_second = 10s;
constexpr auto dial_timeout = 15s;
constexpr auto greeting_timeout = 2s;
constexpr auto change_timeout = 500ms;
constexpr auto report_timeout = 3s;
constexpr std::size_t most_told = 4;  ///< problems of one link that are logged

class gateway {
 public:
  gateway(gateway_front::pointer self, gateway_parts parts) : self_(self), parts_(std::move(parts)) {}

  void begin(const gateway_neighbours& neighbours) {
    supervisor_ = neighbours.supervisor;
    dialer_ = neighbours.dialer;
  }

  // Who there is ------------------------------------------------------------------------------------------------------

  void know(const link_directory& present) {
    const bool is_another_run = present.self != own_;
    own_ = present.self;
    for (auto& [replica, peer] : peers_) {
      const auto listed = std::ranges::find(present.others, replica, &link_peer::replica);
      if (is_another_run || listed == present.others.end() || listed->run != peer.row.run) unlink(peer);
    }
    std::map<replica_id, peer_state> known;
    for (const auto& row : present.others) {
      auto& peer = known[row.replica];
      if (const auto before = peers_.find(row.replica); before != peers_.end()) peer = std::move(before->second);
      const bool is_new = is_another_run || peer.row.run != row.run || peer.row.address != row.address;
      peer.row = row;
      if (is_new) begin_again(peer);
      tell_protocol(peer);
    }
    peers_ = std::move(known);
    dial_all();
  }

  void lost(const caf::actor_addr& address) {
    for (auto& [replica, peer] : peers_) {
      if (!peer.link || peer.link->address() != address) continue;
      parts_.log.info("the link to another replica has ended", {{"replica", replica.value}});
      unlink(peer);
      begin_again(peer);
      parts_.look_at_replicas();
    }
    dial_all();
  }

  // Links -------------------------------------------------------------------------------------------------------------

  /// Connects where it is time to, and comes back while a link is missing.
  void dial_all() {
    const auto at = self_->clock().now();
    bool is_missing = false;
    for (auto& [replica, peer] : peers_) {
      if (peer.link || !can_link(peer)) continue;
      is_missing = true;
      if (!peer.dialing && at >= peer.next_dial) dial(peer);
    }
    if (!is_missing || std::exchange(ticking_, true)) return;
    self_->delayed_send(self_, tick_interval, tick_atom::value);
  }

  void ticked() {
    ticking_ = false;
    dial_all();
  }

  result<std::string> greeted(const std::string& text, const caf::strong_actor_ptr& sender) {
    const auto read = from_greeting(text);
    if (!read) return tl::make_unexpected(read.error());
    const auto found = peers_.find(read->replica);
    if (own_.run.value.empty()) return failure(ec::cannot_apply, "it has just started and takes no part yet");
    if (!sender || read->protocol != own_.protocol)
      return failure(ec::cannot_apply, "this replica speaks protocol " + std::to_string(own_.protocol) +
                                           ", and the one that connects speaks " + std::to_string(read->protocol));
    if (read->replica == own_.replica)
      return failure(ec::cannot_apply,
                     "the address leads to the replica that connects; is its CLUSTER_ADVERTISE right?");
    if (found == peers_.end() || found->second.row.run != read->run) {
      parts_.look_at_replicas();
      return failure(ec::cannot_apply,
                     "the replica \"" + read->replica.value + "\" is not in the database of this one, or not yet");
    }
    link(found->second, caf::actor_cast<gateway_actor>(sender));
    return to_greeting(own_);
  }

  // What links carry --------------------------------------------------------------------------------------------------

  /// Only what comes over a link counts: its sender has been greeted.
  [[nodiscard]] bool is_linked(const caf::strong_actor_ptr& sender) const {
    return sender && std::ranges::any_of(peers_, [&](const auto& known) {
             return known.second.link && known.second.link->node() == sender->node();
           });
  }

  /// Answers when all linked replicas have, or have had their time.
  void announce(const consumer_id& id, change_number number, const owed_answer<done>& answer) {
    // The last copy of this sends the answer.
    const std::shared_ptr<void> all(nullptr, [answer](std::nullptr_t) { answer.give(done{}); });
    for (auto& [replica, peer] : peers_) {
      if (!peer.link) continue;
      self_->request(*peer.link, change_timeout, changed_atom::value, id, number)
          .then([all](done) {},
                [this, all, replica = replica](const caf::error& why) {
                  parts_.log.warning("another replica has not learnt of a change through its link",
                                     {{"replica", replica.value}, {"reason", from_caf(why).message}});
                });
    }
  }

  void changed(const consumer_id& id, change_number number, const owed_answer<done>& answer) {
    const auto to = caf::actor_cast<supervisor_actor>(supervisor_);
    if (!to) return answer.refuse(error{ec::shutting_down, "the replica is ending"});
    self_->request(to, change_timeout, changed_atom::value, id, number)
        .then([answer](done) { answer.give(done{}); }, [answer](const caf::error& why) { answer.refuse(why); });
  }

  void observed(const std::vector<instance_report>& reports) {
    for (auto& [replica, peer] : peers_) {
      if (!peer.link) continue;
      peer.reports.add(reports);
      send_reports(peer);
    }
  }

  void told(const std::string& text) {
    const auto to = caf::actor_cast<supervisor_actor>(supervisor_);
    if (!to) return;
    auto received = from_report_list(text);
    if (received.unreadable && !std::exchange(has_told_unreadable_, true)) {
      parts_.log.warning(
          "a report of another replica cannot be read and is skipped; do the replicas have different "
          "versions?",
          {{"reason", received.unreadable->message}});
    }
    if (received.reports.empty()) return;
    self_->send(to, told_atom::value,
                instance_reports(std::make_shared<const std::vector<instance_report>>(std::move(received.reports))));
  }

 private:
  struct peer_state {
    link_peer row;
    std::optional<gateway_actor> link;
    std::optional<gateway_actor> found;  ///< connected to, and not a link yet
    bool dialing = false;                ///< connecting or greeting
    clock::time_point next_dial{};
    clock::duration back_off = first_back_off;
    std::set<std::string> told;  ///< the problems that were logged
    int told_protocol = 0;       ///< another protocol that was logged
    waiting_reports reports;
  };

  [[nodiscard]] bool can_link(const peer_state& peer) const {
    return !own_.run.value.empty() && !peer.row.address.empty() && peer.row.protocol == own_.protocol;
  }

  /// Once, also when the peer starts again.
  void tell_protocol(peer_state& peer) const {
    if (own_.run.value.empty() || peer.row.address.empty()) return;
    const int other = peer.row.protocol == own_.protocol ? 0 : peer.row.protocol;
    if (std::exchange(peer.told_protocol, other) == other || other == 0) return;
    parts_.log.info(
        "no link to another replica, because it speaks another protocol; the database carries what it would have "
        "carried",
        {{"replica", peer.row.replica.value},
         {"protocol", std::to_string(other)},
         {"own_protocol", std::to_string(own_.protocol)}});
  }

  void begin_again(peer_state& peer) const {
    peer.found.reset();
    peer.back_off = first_back_off;
    peer.next_dial = self_->clock().now();
    if (peer.row.replica < own_.replica) peer.next_dial += patience_of_the_second;
    peer.told.clear();
  }

  void link(peer_state& peer, gateway_actor to) {
    if (peer.link && peer.link->address() == to->address()) return;
    unlink(peer);
    self_->monitor(to);
    peer.link = std::move(to);
    peer.found.reset();
    parts_.board->set(peer.row.replica, true);
    parts_.log.info("linked to another replica", {{"replica", peer.row.replica.value}, {"address", peer.row.address}});
    peer.told.clear();
  }

  void unlink(peer_state& peer) {
    if (!peer.link) return;
    self_->demonitor(peer.link->address());
    peer.link.reset();
    peer.reports = {};
    parts_.board->set(peer.row.replica, false);
  }

  void dial(peer_state& peer) {
    peer.dialing = true;
    const auto wanted = peer.row;
    if (peer.found) return greet(wanted, *peer.found);
    self_->request(dialer_, dial_timeout, dial_atom::value, wanted.address)
        .then([this, wanted](const gateway_actor& found) { greet(wanted, found); },
              [this, wanted](const caf::error& why) { failed(wanted, std::nullopt, from_caf(why).message); });
  }

  void greet(const link_peer& wanted, const gateway_actor& found) {
    self_->request(found, greeting_timeout, hello_atom::value, to_greeting(own_))
        .then(
            [this, wanted, found](const std::string& text) {
              const auto read = from_greeting(text);
              const auto peer = peers_.find(wanted.replica);
              if (!read || read->replica != wanted.replica || read->run != wanted.run)
                return failed(wanted, std::nullopt, "another process answers there; is its CLUSTER_ADVERTISE right?");
              if (peer == peers_.end()) return;
              peer->second.dialing = false;
              if (peer->second.row.run == wanted.run) link(peer->second, found);  // else the next tick dials
            },
            [this, wanted, found](const caf::error& why) {
              // A replica that does not know this one yet is greeted again.
              const auto reason = from_caf(why);
              failed(wanted, reason.code == ec::cannot_apply ? std::optional(found) : std::nullopt, reason.message);
            });
  }

  void failed(const link_peer& wanted, std::optional<gateway_actor> connected, const std::string& why) {
    const auto known = peers_.find(wanted.replica);
    if (known == peers_.end()) return;
    auto& peer = known->second;
    peer.dialing = false;
    peer.found = peer.row == wanted ? std::move(connected) : std::nullopt;
    peer.next_dial = self_->clock().now() + peer.back_off;
    peer.back_off = std::min<clock::duration>(2 * peer.back_off, longest_back_off);
    // The first failure is usual while a replica begins or ends.
    const bool is_first = peer.back_off == 2 * first_back_off;
    if (is_first || peer.told.size() >= most_told || !peer.told.insert(why).second) return;
    parts_.log.warning("no link to another replica; the database carries what it would have carried",
                       {{"replica", wanted.replica.value}, {"address", wanted.address}, {"reason", why}});
  }

  /// One message is under way to each peer.
  void send_reports(peer_state& peer) {
    if (!peer.link || !peer.reports.may_send()) return;
    const auto replica = peer.row.replica;
    const auto number = ++messages_;
    peer.reports.begin(number);
    const auto go_on = [this, replica, number] {
      const auto found = peers_.find(replica);
      if (found == peers_.end() || !found->second.reports.end(number)) return;
      send_reports(found->second);
    };
    self_->request(*peer.link, report_timeout, told_atom::value, to_report_list(peer.reports.take()))
        .then([go_on](done) { go_on(); }, [go_on](const caf::error&) { go_on(); });
  }

  gateway_front::pointer self_;
  gateway_parts parts_;
  caf::weak_actor_ptr supervisor_;
  link_dialer_actor dialer_;
  link_peer own_;
  std::map<replica_id, peer_state> peers_;
  std::uint64_t messages_ = 0;
  bool ticking_ = false;
  bool has_told_unreadable_ = false;
};

gateway_front::behavior_type behave(gateway_front::stateful_pointer<std::unique_ptr<gateway>> self,
                                    const std::shared_ptr<gateway_parts>& parts) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->state = std::make_unique<gateway>(self, std::move(*parts));
  self->set_down_handler([self](const caf::down_msg& down) { self->state->lost(down.source); });
  const auto no_link = to_caf({ec::cannot_apply, "there is no link"});
  return {
      [self](hello_atom, const std::string& greeting) -> caf::result<std::string> {
        auto answer = self->state->greeted(greeting, self->current_sender());
        if (!answer) return to_caf(answer.error());
        return std::move(*answer);
      },
      [self, no_link](changed_atom, const consumer_id& id, change_number number) -> caf::result<done> {
        if (!self->state->is_linked(self->current_sender())) return no_link;  // a promise takes the sender away
        auto answer = self->make_response_promise<done>();
        self->state->changed(id, number, owed_answer<done>(answer));
        return answer;
      },
      [self, no_link](told_atom, const std::string& reports) -> caf::result<done> {
        if (!self->state->is_linked(self->current_sender())) return no_link;
        self->state->told(reports);
        return done{};
      },
      [self](directory_atom, const link_directory_ptr& present) { self->state->know(*present); },
      [self](observed_atom, const instance_reports& reports) { self->state->observed(*reports); },
      [self](announce_atom, const consumer_id& id, change_number number) -> caf::result<done> {
        auto answer = self->make_response_promise<done>();
        self->state->announce(id, number, owed_answer<done>(answer));
        return answer;
      },
      [self](tick_atom) { self->state->ticked(); },
      [self](begin_atom, const gateway_neighbours_ptr& neighbours) { self->state->begin(*neighbours); },
  };
}

}  // namespace

gateway_front spawn_gateway(caf::actor_system& system, gateway_parts parts) {
  return system.spawn(behave, std::make_shared<gateway_parts>(std::move(parts)));
}

}  // namespace kfs
