#include "http/application/access_setup.hpp"

#include <utility>

#include "actors/services/access_keeper.hpp"
#include "config/base/endpoint.hpp"
#include "http/auth/jwt/verifier.hpp"

namespace kfs {
namespace {

constexpr std::chrono::seconds recall_timeout{3};

/// Asks the keeper for what the store holds now, and calls `done`, also when that failed.
void recall(caf::actor_system& system, const access_actor& keeper, std::function<void()> done) {
  system.spawn([keeper, done = std::move(done)](caf::event_based_actor* self) {
    self->request(keeper, recall_timeout, recall_atom::value)
        .then([done](kfs::done) { done(); }, [done](const caf::error&) { done(); });
  });
}

authenticator::token_verifier token_verification(const std::shared_ptr<jwt_verifier>& verifier, const logger& log) {
  return [verifier, log](std::string token, std::function<void(result<jwt_identity_ptr>)> done) {
    verifier->verify(std::move(token), [log, done = std::move(done)](const jwt_outcome& outcome) {
      if (outcome) return done(*outcome);
      if (outcome.error().what == jwt_failure::kind::unavailable) {
        log.debug("tokens cannot be verified", {{"reason", outcome.error().reason}});
        return done(failure(ec::store_unavailable, "Tokens cannot be verified now; ask again in a moment."));
      }
      log.debug("a token was rejected", {{"reason", outcome.error().reason}});
      done(failure(ec::unauthenticated, outcome.error().reason));
    });
  };
}

}  // namespace

access_environment open_access(caf::actor_system& system, const settings& configured, const store_actor& store,
                               std::shared_ptr<access_book> book, const logger& log) {
  const auto& access = configured.access;
  if (access.asks_nobody() && !is_loopback(configured.http_host)) {
    log.warning("AUTH_MODE is none: whoever reaches the port may do everything; set AUTH_MODE, or keep others away",
                {{"host", configured.http_host}});
  }
  auto keeper = spawn_access_keeper(
      system, {.store = store, .book = book, .log = log, .file = access.file, .retention = access.audit_retention});
  // Takes the tokens of the provider that the settings name.
  const auto verifier = access.tokens ? std::make_shared<jwt_verifier>(configured.jwt, log) : nullptr;
  authenticator::parts parts{
      .asks_nobody = access.asks_nobody(),
      .takes_api_keys = access.api_keys,
      .admin_key = access.admin_key,
      .grace = access.key_grace,
      .book = book,
      .verify_token = verifier ? token_verification(verifier, log) : nullptr,
      .still_trusts = [verifier](const jwt_identity& token) { return verifier && verifier->still_trusts(token); },
      .refresh = [&system, keeper](std::function<void()> done) { recall(system, keeper, std::move(done)); },
      .used = [keeper](const std::string& id) { caf::anon_send(keeper, used_atom::value, id); }};
  return {.authentication = std::make_shared<const authenticator>(std::move(parts)),
          .book = std::move(book),
          .keeper = keeper,
          .store = store};
}

}  // namespace kfs
