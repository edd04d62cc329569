#include "config/store/postgres/store.hpp"

#include <chrono>
#include <utility>

#include "config/store/postgres/access_store.hpp"
#include "config/store/postgres/numbered_change.hpp"
#include "config/store/postgres/sealing.hpp"
#include "config/store/postgres/session.hpp"
#include "config/store/postgres/tenant_rows.hpp"
#include "config/store/spec_json.hpp"

namespace kfs {
namespace {

tl::unexpected<error> no_consumer(const consumer_id& id) {
  return failure(ec::not_found, "Consumer " + id.value + " not found");
}

std::string number(timestamp at) {
  return std::to_string(at.time_since_epoch().count());
}

constexpr std::chrono::milliseconds moving_bound{200};

class postgres_store final : public consumer_store {
 public:
  postgres_store(postgres_target target, const std::string& replica, spec_sealing_ptr sealing)
      : session_(std::move(target), replica), sealing_(std::move(sealing)), sealed_(*sealing_, replica) {}

  result<std::vector<consumer_spec>> load_all() override {
    const auto rows = rows_of("read the consumers", [](pqxx::work& transaction) {
      return transaction.exec(
          "SELECT spec, target, tenant, orders FROM kafka_fetcher.consumers ORDER BY created_at, id COLLATE \"C\"");
    });
    if (!rows) return tl::make_unexpected(rows.error());
    std::vector<consumer_spec> consumers;
    for (const auto& row : *rows) {
      auto spec = consumer_in(row);
      if (!spec) return tl::make_unexpected(spec.error());
      consumers.push_back(std::move(*spec));
    }
    return consumers;
  }

  result<stored_consumer> load(const consumer_id& id) override {
    const auto rows = rows_of("read a consumer", [&](pqxx::work& transaction) {
      // One statement, so one snapshot: the number belongs to the row, or to its absence.
      return transaction.exec(
          "SELECT spec, target, tenant, orders, change, last_change FROM kafka_fetcher.counters"
          " LEFT JOIN kafka_fetcher.consumers ON id = " +
          transaction.quote(id.value));
    });
    if (!rows) return tl::make_unexpected(rows.error());
    if (rows->empty()) return tl::make_unexpected(no_counters().error());
    const auto row = rows->front();
    stored_consumer found;
    found.as_of.value = row[5].as<std::uint64_t>();
    if (row[0].is_null()) return found;
    auto spec = consumer_in(row);
    if (!spec) return tl::make_unexpected(spec.error());
    found.wanted =
        std::make_shared<const wanted_consumer>(wanted_consumer{std::move(*spec), row[4].as<std::uint64_t>()});
    return found;
  }

  result<change_number> insert(const consumer_spec& spec, const audit_entry* entry) override {
    return change_with_number(
        session_, "store a consumer", spec.id, entry, [&](pqxx::work& transaction) -> result<written_change> {
          const auto text = sealed_.to_text(transaction, spec);
          if (!text) return tl::make_unexpected(text.error());
          const auto footprint = footprint_of(spec);
          const auto inserted = transaction.exec(
              "INSERT INTO kafka_fetcher.consumers (id, tenant, target, revision, created_at, updated_at, spec, "
              "instances,"
              " consumer_group, servers, described) VALUES (" +
              transaction.quote(spec.id.value) + ", " + transaction.quote(spec.tenant) + ", " +
              target_of(transaction, spec.target) + ", " + std::to_string(spec.rev.value) + ", " +
              number(spec.created_at) + ", " + number(spec.updated_at) + ", " + transaction.quote(*text) + ", " +
              std::to_string(footprint.instances) + ", " + transaction.quote(footprint.group) + ", " +
              transaction.quote(footprint.servers) + ", " + std::to_string(spec.rev.value) +
              ") ON CONFLICT (id) DO NOTHING");
          if (inserted.affected_rows() == 0) {
            return failure(ec::already_exists, "Consumer " + spec.id.value + " already exists");
          }
          const auto checked = check_new_consumer(transaction, spec.tenant, footprint);
          if (!checked) return tl::make_unexpected(checked.error());
          append_revision(transaction, spec, *text);
          return written_change{.checked = *checked, .facts = {spec.id, spec.tenant, {}, spec.rev}};
        });
  }

  result<change_number> update(const consumer_spec& changed, const audit_entry* entry, change_number known) override {
    return change_with_number(
        session_, "change a consumer", changed.id, entry, [&](pqxx::work& transaction) -> result<written_change> {
          const auto text = sealed_.to_text(transaction, changed);
          if (!text) return tl::make_unexpected(text.error());
          const auto footprint = footprint_of(changed);
          const auto before = transaction.exec(
              "UPDATE kafka_fetcher.consumers AS kept SET target = " + target_of(transaction, changed.target) +
              ", revision = " + std::to_string(changed.rev.value) + ", updated_at = " + number(changed.updated_at) +
              ", spec = " + transaction.quote(*text) + ", instances = " + std::to_string(footprint.instances) +
              ", consumer_group = " + transaction.quote(footprint.group) + ", servers = " +
              transaction.quote(footprint.servers) + ", described = " + std::to_string(changed.rev.value) +
              " FROM (SELECT id, tenant, instances, consumer_group, servers, described = revision"
              " FROM kafka_fetcher.consumers WHERE id = " +
              transaction.quote(changed.id.value) + unless_changed(known) + " AND revision = " +
              std::to_string(changed.rev.value - 1) + " AND tenant = " + transaction.quote(changed.tenant) +
              " FOR UPDATE) AS before (id, tenant, instances, consumer_group, servers, described) WHERE kept.id = "
              "before.id"
              " RETURNING before.tenant, before.instances, before.consumer_group, before.servers, before.described");
          if (before.empty()) return not_changed(transaction, changed.id);
          const auto tenant = before[0][0].as<std::string>();
          const written_change made{.checked = tenant_check::undescribed,
                                    .facts = {changed.id, tenant, revision{changed.rev.value - 1}, changed.rev}};
          if (!before[0][4].as<bool>()) return made;
          const auto checked = check_changed_consumer(transaction, tenant,
                                                      {.instances = before[0][1].as<std::int64_t>(),
                                                       .group = before[0][2].as<std::string>(),
                                                       .servers = before[0][3].as<std::string>()},
                                                      footprint);
          if (!checked) return tl::make_unexpected(checked.error());
          append_revision(transaction, changed, *text);
          return written_change{.checked = *checked, .facts = made.facts};
        });
  }

  result<change_number> set_target(const consumer_id& id, target_state target, const audit_entry* entry,
                                   change_number known) override {
    return change_with_number(
        session_, "change a consumer", id, entry, [&](pqxx::work& transaction) -> result<written_change> {
          const auto updated = transaction.exec(
              "UPDATE kafka_fetcher.consumers SET target = " + target_of(transaction, target) +
              " WHERE id = " + transaction.quote(id.value) + unless_changed(known) + " RETURNING tenant, revision");
          if (updated.empty()) return not_changed(transaction, id);
          const revision rev{updated[0][1].as<std::int64_t>()};
          return written_change{.facts = {id, updated[0][0].as<std::string>(), rev, rev}};
        });
  }

  result<change_number> set_orders(const consumer_id& id, const standing_orders& orders, const audit_entry* entry,
                                   change_number known) override {
    return change_with_number(
        session_, "change a consumer", id, entry, [&](pqxx::work& transaction) -> result<written_change> {
          const auto stored = transaction.exec(
              "UPDATE kafka_fetcher.consumers SET orders = " + transaction.quote(to_stored_text(orders)) +
              " WHERE id = " + transaction.quote(id.value) + unless_changed(known) + " RETURNING tenant, revision");
          if (stored.empty()) return not_changed(transaction, id);
          const revision rev{stored[0][1].as<std::int64_t>()};
          return written_change{.facts = {id, stored[0][0].as<std::string>(), rev, rev}};
        });
  }

  result<change_number> remove(const consumer_id& id, const audit_entry* entry, change_number known) override {
    return change_with_number(
        session_, "remove a consumer", id, entry, [&](pqxx::work& transaction) -> result<written_change> {
          const auto removed =
              transaction.exec("DELETE FROM kafka_fetcher.consumers WHERE id = " + transaction.quote(id.value) +
                               unless_changed(known) + " RETURNING tenant, revision");
          if (removed.empty()) return not_changed(transaction, id);
          return written_change{
              .facts = {id, removed[0][0].as<std::string>(), revision{removed[0][1].as<std::int64_t>()}, std::nullopt}};
        });
  }

  result<std::vector<revision_entry>> history(const consumer_id& id) override {
    const auto rows = rows_of("read a history", [&](pqxx::work& transaction) {
      return transaction.exec("SELECT revision, at, spec FROM kafka_fetcher.revisions WHERE consumer_id = " +
                              transaction.quote(id.value) + " ORDER BY revision");
    });
    if (!rows) return tl::make_unexpected(rows.error());
    if (rows->empty()) return no_consumer(id);  // every consumer has a first revision
    std::vector<revision_entry> entries;
    for (const auto& row : *rows) {
      auto spec = decoded(row[2].as<std::string>());
      if (!spec) return tl::make_unexpected(spec.error());
      entries.push_back({revision{row[0].as<std::int64_t>()},
                         timestamp(std::chrono::milliseconds(row[1].as<std::int64_t>())), std::move(*spec)});
    }
    return entries;
  }

  result<void> store_accepted(const consumer_id& id, revision rev, const processor_id& processor,
                              const std::string& version) override {
    return session_.transact("store what a destination accepts", [&](pqxx::work& transaction) -> result<void> {
      const auto stored = transaction.exec(
          "INSERT INTO kafka_fetcher.accepted_versions (consumer_id, processor_id, revision, version) SELECT id, " +
          transaction.quote(processor.value) + ", revision, " + transaction.quote(version) +
          " FROM kafka_fetcher.consumers WHERE id = " + transaction.quote(id.value) +
          " AND revision = " + std::to_string(rev.value) +
          " ON CONFLICT (consumer_id, processor_id)"
          " DO UPDATE SET revision = excluded.revision, version = excluded.version");
      if (stored.affected_rows() == 0) return {};
      transaction.exec("DELETE FROM kafka_fetcher.accepted_versions WHERE consumer_id = " +
                       transaction.quote(id.value) + " AND revision < " + std::to_string(rev.value));
      return {};
    });
  }

  result<accepted_versions> load_accepted(const consumer_id& id, revision rev) override {
    accepted_versions versions;
    auto done = session_.transact("read what destinations accept", [&](pqxx::work& transaction) -> result<void> {
      for (const auto& row :
           transaction.exec("SELECT processor_id, version FROM kafka_fetcher.accepted_versions"
                            " WHERE consumer_id = " +
                            transaction.quote(id.value) + " AND revision = " + std::to_string(rev.value)))
        versions.emplace(processor_id{row[0].as<std::string>()}, row[1].as<std::string>());
      return {};
    });
    if (!done) return tl::make_unexpected(done.error());
    return versions;
  }

  result<void> ping() override {
    auto written = session_.transact("write", [&](pqxx::work& transaction) -> result<void> {
      transaction.exec("UPDATE kafka_fetcher.runner SET pings = pings + 1");
      sealed_.announce(transaction);
      return {};
    });
    if (written) move_some();
    return written;
  }

  access_store& access() override { return access_; }

 private:
  /// Rows that are read after their transaction, as its time is for PostgreSQL, and reading them takes time of ours.
  template <class Ask>
  result<pqxx::result> rows_of(const std::string& tried, const Ask& ask) {
    pqxx::result rows;
    auto done = session_.transact(tried, [&](pqxx::work& transaction) -> result<void> {
      rows = ask(transaction);
      return {};
    });
    if (!done) return tl::make_unexpected(done.error());
    return rows;
  }

  /// For a moment, so that nobody waits long for the store. What fails is tried again at the next ping.
  void move_some() {
    const auto until = std::chrono::steady_clock::now() + moving_bound;
    while (sealed_.has_to_move() && std::chrono::steady_clock::now() < until) {
      const auto moved = session_.transact("encrypt consumers", [&](pqxx::work& transaction) -> result<void> {
        const auto done = sealed_.move_some(transaction);
        if (!done) return tl::make_unexpected(done.error());
        return done->empty() ? result<void>{} : tell_of(transaction, *done);
      });
      if (!moved) return sealed_.begin_again();
    }
  }

  /// Gives the consumers the number of a change: a replica that could not read them looks again.
  [[nodiscard]] result<void> tell_of(pqxx::work& transaction, const std::vector<consumer_id>& moved) const {
    const auto next =
        transaction.exec("UPDATE kafka_fetcher.counters SET last_change = last_change + 1 RETURNING last_change");
    if (next.empty()) return no_counters();
    for (const auto& id : moved)
      transaction.exec("UPDATE kafka_fetcher.consumers SET change = " + next[0][0].as<std::string>() +
                       " WHERE id = " + transaction.quote(id.value));
    transaction.exec("NOTIFY kafka_fetcher, 'consumers'");
    return {};
  }

  [[nodiscard]] result<void> no_counters() const {
    return session_.unusable("has no row in kafka_fetcher.counters; restore it from a backup");
  }

  [[nodiscard]] result<consumer_spec> decoded(const std::string& text) const {
    try {
      return sealing_->from_text(text);
    } catch (const json::exception&) {
      return session_.unreadable_row();
    }
  }

  /// Of a row that begins with spec, target, tenant and orders.
  [[nodiscard]] result<consumer_spec> consumer_in(const pqxx::row& row) const {
    auto spec = decoded(row[0].as<std::string>());
    if (!spec) return spec;
    spec->target = to_target(row[1].as<std::string>());
    spec->tenant = row[2].as<std::string>();
    try {
      spec->orders = orders_from_stored_text(row[3].as<std::string>());
    } catch (const json::exception&) {
      return session_.unreadable_row();
    }
    return spec;
  }

  static std::string target_of(pqxx::work& transaction, target_state target) {
    return transaction.quote(std::string(to_string(target)));
  }

  /// A condition on the row of a consumer.
  static std::string unless_changed(change_number known) {
    return known.value == 0 ? "" : " AND change = " + std::to_string(known.value);
  }

  static tl::unexpected<error> not_changed(pqxx::work& transaction, const consumer_id& id) {
    const auto found =
        transaction.exec("SELECT 1 FROM kafka_fetcher.consumers WHERE id = " + transaction.quote(id.value));
    if (found.empty()) return no_consumer(id);
    return failure(ec::stale_revision, "Consumer " + id.value + " has been changed meanwhile; read it again");
  }

  static void append_revision(pqxx::work& transaction, const consumer_spec& spec, const std::string& text) {
    transaction.exec("INSERT INTO kafka_fetcher.revisions (consumer_id, revision, at, spec) VALUES (" +
                     transaction.quote(spec.id.value) + ", " + std::to_string(spec.rev.value) + ", " +
                     number(spec.updated_at) + ", " + transaction.quote(text) + ")");
  }

  postgres_session session_;
  const spec_sealing_ptr sealing_;
  postgres_sealing sealed_;
  postgres_access_store access_{session_};
};

}  // namespace

std::unique_ptr<consumer_store> open_postgres_store(postgres_target target, std::string replica,
                                                    spec_sealing_ptr sealing) {
  return std::make_unique<postgres_store>(std::move(target), replica, std::move(sealing));
}

}  // namespace kfs
