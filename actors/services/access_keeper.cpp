#include "actors/services/access_keeper.hpp"

#include <sys/stat.h>

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "actors/exceptions.hpp"
#include "actors/services/audit_queue.hpp"
#include "config/settings/references.hpp"

namespace kfs {
namespace {

using namespace std::chrono_literals;

constexpr auto look_interval = 1s;       ///< so that a key that was revoked elsewhere is refused within two seconds
constexpr auto recall_interval = 250ms;  ///< between looks for keys that are not known here
constexpr auto store_timeout = 5s;
constexpr auto use_interval = 60s;    ///< between two writes of when keys were used
constexpr auto count_interval = 60s;  ///< over which requests without a valid token are counted
constexpr auto settle_interval = 60s;
constexpr auto prune_interval = 10min;
constexpr std::uint64_t most_pruned = 10'000;  ///< entries at a time
constexpr std::size_t most_sources = 1'000;    ///< addresses that are counted apart

/// When a file was changed, as far as the file system tells; nullopt when it cannot be read.
using file_stamp = std::optional<std::tuple<dev_t, ino_t, off_t, time_t, long, time_t, long>>;

file_stamp stamp_of(const std::filesystem::path& file) {
  struct stat found {};
  if (::stat(file.c_str(), &found) != 0) return std::nullopt;
  return std::tuple(found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec,
                    found.st_ctim.tv_sec, found.st_ctim.tv_nsec);
}

class access_keeper final : public access_actor::base {
 public:
  access_keeper(caf::actor_config& config, access_keeper_parts parts)
      : access_actor::base(config), parts_(std::move(parts)) {}

 protected:
  behavior_type make_behavior() override {
    set_exception_handler([](std::exception_ptr& thrown) { return died_of(thrown); });
    tick();
    return {
        [this](refresh_atom) { return refresh(); },
        [this](recall_atom) { return recall(); },
        [this](wake_atom) {
          is_look_due_ = false;
          if (!is_looking_) look();
        },
        [this](audit_atom, const audit_entry& entry) { enter(entry); },
        [this](finish_atom, const audit_finish& finished) {
          unwritten_.add(finished);
          write_audit();
        },
        [this](drain_atom) { return drain(); },
        [this](denied_atom, const std::string& source) { count(source); },
        [this](used_atom, const std::string& key_id) { used_[key_id] = kfs::now(); },
        [this](tick_atom) { tick(); },
    };
  }

 private:
  using clock = std::chrono::steady_clock;

  void tick() {
    delayed_send(this, look_interval, tick_atom::value);
    look_at_file();
    if (!is_looking_) look();
    const auto at = clock::now();
    if (is_due(at, next_use_, use_interval)) write_uses();
    if (is_due(at, next_count_, count_interval)) tell_counts();
    if (is_due(at, next_settling_, settle_interval)) settle();
    if (is_due(at, next_pruning_, prune_interval)) prune();
    write_audit();
  }

  static bool is_due(clock::time_point at, clock::time_point& next, clock::duration interval) {
    if (at < next) return false;
    next = at + interval;
    return true;
  }

  /// Answers when the book holds what the store holds now.
  caf::result<kfs::done> refresh() {
    auto answer = make_response_promise<kfs::done>();
    waiting_.push_back(answer);
    is_urgent_ = true;
    if (!is_looking_) look();
    return answer;
  }

  /// As refresh(), within a bounded time: whoever invents keys causes no more than a few looks a second.
  caf::result<kfs::done> recall() {
    auto answer = make_response_promise<kfs::done>();
    waiting_.push_back(answer);
    if (!is_looking_) look_in_time();
    return answer;
  }

  /// Looks as soon as the last look is long enough ago.
  void look_in_time() {
    if (is_look_due_) return;
    const auto since = clock::now() - last_look_;
    if (since >= recall_interval) return look();
    is_look_due_ = true;
    delayed_send(this, recall_interval - since, wake_atom::value);
  }

  /// Asks the store for what has changed. Whoever waits by now is answered by this look; who comes during it waits for
  /// the next one.
  void look() {
    is_looking_ = true;
    is_urgent_ = false;
    answered_by_this_look_ = std::exchange(waiting_, {});
    const auto asked_at = last_look_ = clock::now();
    request(parts_.store, store_timeout, access_atom::value, known_)
        .then(
            [this, asked_at](const stored_access_ptr& changed) {
              if (changed) {
                known_ = changed->number;
                parts_.book->set_stored(changed->keys, changed->tenants, asked_at);
                warn_of_unknown_tenants();
              } else {
                parts_.book->confirm(asked_at);
              }
              looked(std::nullopt);
            },
            [this](const caf::error& reason) { looked(reason); });
  }

  void looked(const std::optional<caf::error>& failed) {
    is_looking_ = false;
    for (auto& answer : std::exchange(answered_by_this_look_, {})) {
      if (failed) {
        answer.deliver(*failed);
      } else {
        answer.deliver(kfs::done{});
      }
    }
    if (is_urgent_) {
      look();
    } else if (!waiting_.empty()) {
      look_in_time();
    }
  }

  void look_at_file() {
    if (parts_.file.empty()) return;
    const auto stamp = stamp_of(parts_.file);
    if (stamp == stamp_) return;
    stamp_ = stamp;
    auto rules = read_access_file(parts_.file);
    if (!rules) {
      return parts_.log.error("ACCESS_FILE is not used: the roles and bindings before its change stay in force",
                              {{"reason", rules.error().message}});
    }
    if (*rules == parts_.book->snapshot()->rules()) return;
    parts_.log.info("ACCESS_FILE was read again", {{"roles", std::to_string(rules->roles.size())},
                                                   {"bindings", std::to_string(rules->bindings.size())}});
    parts_.book->set_rules(std::move(*rules));
    warn_of_unknown_tenants();
  }

  /// A binding to a tenant that does not exist gives nothing, which its author would look for in vain.
  void warn_of_unknown_tenants() {
    const auto known = parts_.book->snapshot();
    std::set<std::string> missing;
    for (const auto& binding : known->rules().bindings) {
      if (!binding.tenants) continue;
      for (const auto& name : binding.tenants->named()) {
        if (known->find_tenant(name) == nullptr) missing.insert(name);
      }
    }
    for (const auto& name : missing) {
      if (!warned_.contains(name))
        parts_.log.warning(
            "ACCESS_FILE binds a role to a tenant that does not exist, which gives nothing until it does",
            {{"tenant", name}});
    }
    warned_ = std::move(missing);
  }

  void enter(const audit_entry& entry) {
    unwritten_.add(entry);
    write_audit();
  }

  /// Writes what waits, and goes on when that is written. What the store does not take, or does not say that it has
  /// taken, is written again at the next tick.
  void write_audit() {
    const auto batch = unwritten_.begin();
    if (!batch) return answer_drained();
    request(parts_.store, store_timeout, audit_atom::value, audit_batch_ptr(batch))
        .then(
            [this](kfs::done) {
              unwritten_.written();
              tell_dropped();
              write_audit();
            },
            [this](const caf::error&) {
              unwritten_.failed();
              answer_drained();
            });
  }

  void tell_dropped() {
    const auto dropped = unwritten_.take_dropped();
    if (dropped == 0) return;
    parts_.log.error(
        "entries of the audit were not stored, because the store did not take them for too long; they stand in the log",
        {{"entries", std::to_string(dropped)}});
  }

  caf::result<kfs::done> drain() {
    auto answer = make_response_promise<kfs::done>();
    drained_.push_back(answer);
    tell_counts();
    write_audit();
    return answer;
  }

  void answer_drained() {
    if (unwritten_.is_writing()) return;
    for (auto& answer : std::exchange(drained_, {})) answer.deliver(kfs::done{});
  }

  void count(const std::string& source) {
    const auto found = denied_.find(source);
    if (found != denied_.end()) {
      ++found->second;
    } else if (denied_.size() < most_sources) {
      denied_.emplace(source, 1);
    } else {
      ++denied_["others"];
    }
  }

  /// One entry for each source and minute, so that a flood of requests is no flood of entries.
  void tell_counts() {
    for (const auto& [source, requests] : std::exchange(denied_, {})) {
      audit_entry entry;
      entry.at = kfs::now();
      entry.actor.kind = to_string(caller_kind::anonymous);
      entry.source = source;
      entry.action = "access.unauthenticated";
      entry.decision = audit_decision::deny;
      entry.status = 401;
      entry.reason = std::to_string(requests) + " requests without a valid token within a minute";
      parts_.log.warning("requests without a valid token",
                         {{"source", source}, {"requests_within_a_minute", std::to_string(requests)}});
      enter(entry);
    }
  }

  void write_uses() {
    if (used_.empty()) return;
    const auto uses = std::exchange(used_, {});
    request(parts_.store, store_timeout, used_atom::value, key_uses(uses.begin(), uses.end()))
        .then([](kfs::done) {}, [this, uses](const caf::error&) { used_.insert(uses.begin(), uses.end()); });
  }

  void settle() { ask_quietly(settle_atom::value); }
  void prune() { ask_quietly(prune_atom::value, kfs::now() - parts_.retention, most_pruned); }

  /// What fails is done at the next time; the store's own health tells that it does not answer.
  template <class... Message>
  void ask_quietly(Message... message) {
    request(parts_.store, store_timeout, message...).then([](std::uint64_t) {}, [](const caf::error&) {});
  }

  access_keeper_parts parts_;
  std::uint64_t known_ = 0;
  bool is_looking_ = false;
  bool is_urgent_ = false;    ///< whoever waits needs the next look at once
  bool is_look_due_ = false;  ///< a look is scheduled
  clock::time_point last_look_;
  std::vector<caf::typed_response_promise<kfs::done>> waiting_;
  std::vector<caf::typed_response_promise<kfs::done>> answered_by_this_look_;
  file_stamp stamp_;
  std::set<std::string> warned_;
  audit_queue unwritten_;
  std::vector<caf::typed_response_promise<kfs::done>> drained_;
  std::map<std::string, timestamp> used_;
  std::map<std::string, std::uint64_t> denied_;
  clock::time_point next_use_ = clock::now() + use_interval;
  clock::time_point next_count_ = clock::now() + count_interval;
  clock::time_point next_settling_ = clock::now() + settle_interval;
  clock::time_point next_pruning_ = clock::now();
};

}  // namespace

access_actor spawn_access_keeper(caf::actor_system& system, access_keeper_parts parts) {
  return system.spawn<access_keeper, caf::detached>(std::move(parts));
}

result<access_rules> read_access_file(const std::filesystem::path& file) {
  const auto text = read_small_file(file);
  if (!text) return tl::make_unexpected(error{ec::invalid_request, file.string() + ": " + text.error().message});
  return read_access_rules(*text, file.string());
}

}  // namespace kfs
