#include "cluster/link/transport.hpp"

#include <caf/io/all.hpp>
#include <caf/openssl/all.hpp>
#include <set>
#include <utility>

#include "actors/answer.hpp"
#include "actors/exceptions.hpp"
#include "cluster/link/openssl_errors.hpp"
#include "cluster/link/reachable.hpp"
#include "config/base/endpoint.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

constexpr auto sign_of_life_interval = 500ms;
constexpr auto longest_silence = 2s;
constexpr auto connect_timeout = 4s;
constexpr auto certificate_interval = 2s;

/// CAF listens on addresses only.
const char* address_to_listen_on(const std::string& host) {
  return host == "localhost" ? "127.0.0.1" : host.c_str();
}

caf::io::middleman_actor middleman_of(caf::actor_system& system, const link_transport& transport) {
  return transport.credentials ? system.openssl_manager().actor_handle() : system.middleman().actor_handle();
}

caf::error cannot_link(const std::string& why) {
  return to_caf({ec::cannot_apply, why});
}

struct dialer_setup {
  link_transport transport;
  gateway_actor gateway;
  std::uint16_t port;
  logger log;
};

class dialer {
 public:
  dialer(link_dialer_actor::pointer self, dialer_setup setup)
      : self_(self),
        transport_(std::move(setup.transport)),
        gateway_(std::move(setup.gateway)),
        port_(setup.port),
        log_(std::move(setup.log)) {}

  void start() {
    if (transport_.credentials) self_->delayed_send(self_, certificate_interval, tick_atom::value);
  }

  void dial(const std::string& address, const owed_answer<gateway_actor>& answer) {
    const auto place = parse_endpoint(address);
    if (!place) return answer.refuse(cannot_link("\"" + address + "\" is not host:port"));
    const auto reached = reachable_address(*place, 1s);
    if (!reached) return answer.refuse(to_caf(reached.error()));
    ++dialing_;
    self_
        ->request(middleman_of(self_->system(), transport_), connect_timeout, caf::connect_atom::value, *reached,
                  place->port)
        .then(
            [this, address, answer](const caf::node_id&, const caf::strong_actor_ptr& found,
                                    const std::set<std::string>& interface) {
              --dialing_;
              const bool fits = found && self_->system().assignable(interface, self_->system().message_types(gateway_));
              if (!fits) return answer.refuse(cannot_link("what answers at " + address + " has other messages"));
              answer.give(caf::actor_cast<gateway_actor>(found));
            },
            [this, address, answer](const caf::error& why) {
              --dialing_;
              answer.refuse(cannot_link("no link can be made to " + address + ": " + reason_of(why)));
            });
  }

  void look_at_certificates() {
    self_->delayed_send(self_, certificate_interval, tick_atom::value);
    if (dialing_ > 0) return;
    const auto others = transport_.credentials->look();
    if (!others) {
      log_.warning("the new certificate for links cannot be used; the old one stays in use",
                   {{"reason", others.error().message}});
    }
    if ((others && *others) || closed_) replace_certificates();
  }

 private:
  [[nodiscard]] std::string reason_of(const caf::error& why) const {
    const std::string hint =
        transport_.credentials ? " (does it present a certificate of CLUSTER_CA, and accept this replica's?)" : "";
    return self_->system().render(why) + hint;
  }

  /// No connection may begin meanwhile, so the port is closed. Links that exist stay as they are.
  void replace_certificates() {
    if (!closed_) {
      caf::scoped_actor waiting{self_->system()};
      waiting
          ->request(middleman_of(self_->system(), transport_), connect_timeout, caf::unpublish_atom::value,
                    caf::actor_cast<caf::actor_addr>(gateway_), port_)
          .receive([] {}, [](const caf::error&) {});
      closed_ = true;
      if (const auto replaced = transport_.credentials->replace(); !replaced)
        log_.error("the certificate for links was not replaced", {{"reason", replaced.error().message}});
    }
    if (const auto opened = open_link_port(transport_, gateway_, port_); !opened) {
      return log_.error("the port for links is closed; it is tried again", {{"reason", opened.error().message}});
    }
    closed_ = false;
    log_.info("links use the new certificate from now on");
  }

  link_dialer_actor::pointer self_;
  link_transport transport_;
  gateway_actor gateway_;
  std::uint16_t port_;
  logger log_;
  int dialing_ = 0;
  bool closed_ = false;  ///< the port could not be opened again yet
};

link_dialer_actor::behavior_type dial(link_dialer_actor::stateful_pointer<std::unique_ptr<dialer>> self,
                                      const std::shared_ptr<dialer_setup>& setup) {
  self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error { return died_of(thrown); });
  self->state = std::make_unique<dialer>(self, std::move(*setup));
  self->state->start();
  return {
      [self](dial_atom, const std::string& address) -> caf::result<gateway_actor> {
        auto answer = self->make_response_promise<gateway_actor>();
        self->state->dial(address, owed_answer<gateway_actor>(answer));
        return answer;
      },
      [self](tick_atom) { self->state->look_at_certificates(); },
  };
}

}  // namespace

void configure_links(caf::actor_system_config& configuration, const link_transport& transport) {
  configuration.load<caf::io::middleman>();
  configuration.set("middleman.heartbeat-interval", caf::timespan(sign_of_life_interval));
  configuration.set("middleman.connection-timeout", caf::timespan(longest_silence));
  if (!transport.credentials) return;
  keep_tls_errors_apart();
  configuration.load<caf::openssl::manager>();
  configuration.set("openssl.certificate", transport.credentials->identity());
  configuration.set("openssl.key", transport.credentials->identity());
  configuration.set("openssl.cafile", transport.credentials->authority());
}

result<std::uint16_t> open_link_port(const link_transport& transport, const gateway_actor& gateway,
                                     std::uint16_t port) {
  const auto* address = address_to_listen_on(transport.configured.host);
  const auto opened = transport.credentials ? caf::openssl::publish(gateway, port, address, true)
                                            : gateway->home_system().middleman().publish(gateway, port, address, true);
  if (opened) return *opened;
  return failure(ec::invalid_request,
                 "the port for links cannot be opened at " + to_string(endpoint{address, port}) + " (" +
                     gateway->home_system().render(opened.error()) +
                     "): is it in use, or not an address of this machine? Change CLUSTER_HOST or CLUSTER_PORT");
}

std::string link_address(const link_settings& configured, std::uint16_t port) {
  if (configured.advertise.empty()) return to_string(endpoint{address_to_listen_on(configured.host), port});
  return configured.advertise;
}

link_dialer_actor spawn_link_dialer(caf::actor_system& system, link_transport transport, const gateway_actor& gateway,
                                    std::uint16_t port, logger log) {
  return system.spawn<caf::detached>(
      dial, std::make_shared<dialer_setup>(dialer_setup{std::move(transport), gateway, port, std::move(log)}));
}

}  // namespace kfs
