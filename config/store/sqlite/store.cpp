#include "config/store/sqlite/store.hpp"

#include <string>
#include <utility>

#include "config/store/access_json.hpp"
#include "config/store/spec_json.hpp"
#include "config/store/sqlite/access_store.hpp"
#include "config/store/sqlite/audit_rows.hpp"
#include "config/store/sqlite/database.hpp"
#include "config/store/sqlite/sealing.hpp"
#include "config/store/sqlite/tenant_rows.hpp"

namespace kfs {
namespace {

tl::unexpected<error> no_consumer(const consumer_id& id) {
  return failure(ec::not_found, "Consumer " + id.value + " not found");
}

std::int64_t to_number(timestamp at) {
  return at.time_since_epoch().count();
}

timestamp to_timestamp(const SQLite::Column& column) {
  return timestamp(std::chrono::milliseconds(column.getInt64()));
}

class sqlite_store final : public consumer_store {
 public:
  /// Errors: SQLite::Exception.
  sqlite_store(data_directory directory, spec_sealing_ptr sealing)
      : database_(std::move(directory)), sealing_(std::move(sealing)), sealed_(database_.connection(), *sealing_) {}

  result<void> prepare() {
    if (auto prepared = database_.prepare(); !prepared) return prepared;
    return database_.guarded("encrypt the consumers", [this]() -> result<void> { return sealed_.begin(); });
  }

  result<std::vector<consumer_spec>> load_all() override {
    return database_.in_transaction("read the consumers", [this]() -> result<std::vector<consumer_spec>> {
      std::vector<consumer_spec> consumers;
      SQLite::Statement rows(connection(),
                             "SELECT spec, target, tenant, orders FROM consumers ORDER BY created_at, id");
      while (rows.executeStep()) consumers.push_back(consumer_in(rows));
      return consumers;
    });
  }

  result<stored_consumer> load(const consumer_id& id) override {
    return database_.in_transaction("read a consumer", [&]() -> result<stored_consumer> {
      SQLite::Statement row(connection(), "SELECT spec, target, tenant, orders FROM consumers WHERE id = ?");
      row.bind(1, id.value);
      if (!row.executeStep()) return stored_consumer{};
      return stored_consumer{.wanted = std::make_shared<const wanted_consumer>(wanted_consumer{consumer_in(row), 0}),
                             .as_of = {}};
    });
  }

  result<change_number> insert(const consumer_spec& spec, const audit_entry* entry) override {
    const auto text = sealed_.to_text(spec);
    if (!text) return tl::make_unexpected(text.error());
    return database_.in_transaction("store a consumer", [&]() -> result<change_number> {
      const auto footprint = footprint_of(spec);
      SQLite::Statement row(connection(),
                            "INSERT INTO consumers (target, revision, updated_at, spec, instances, consumer_group,"
                            " servers, described, id, created_at, tenant) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                            " ON CONFLICT (id) DO NOTHING");
      const auto next = bind_configuration(row, spec, *text, footprint);
      row.bind(next, spec.id.value);
      row.bind(next + 1, to_number(spec.created_at));
      row.bind(next + 2, spec.tenant);
      if (row.exec() == 0) return failure(ec::already_exists, "Consumer " + spec.id.value + " already exists");
      if (auto fits = check_new_consumer(connection(), spec.tenant, footprint); !fits)
        return tl::make_unexpected(fits.error());
      append_revision(spec, *text);
      return changed({.id = spec.id, .tenant = spec.tenant, .before = {}, .after = spec.rev}, entry);
    });
  }

  result<change_number> update(const consumer_spec& spec, const audit_entry* entry, change_number) override {
    const auto text = sealed_.to_text(spec);
    if (!text) return tl::make_unexpected(text.error());
    return database_.in_transaction("change a consumer", [&]() -> result<change_number> {
      const auto before = known(spec.id);
      if (!before) return no_consumer(spec.id);
      if (before->rev.value != spec.rev.value - 1 || before->tenant != spec.tenant) return stale(spec);
      const auto footprint = footprint_of(spec);
      SQLite::Statement row(connection(),
                            "UPDATE consumers SET target = ?, revision = ?, updated_at = ?, spec = ?, instances = ?,"
                            " consumer_group = ?, servers = ?, described = ? WHERE id = ?");
      row.bind(bind_configuration(row, spec, *text, footprint), spec.id.value);
      row.exec();
      if (auto fits = check_changed_consumer(connection(), before->tenant, before->footprint, footprint); !fits)
        return tl::make_unexpected(fits.error());
      append_revision(spec, *text);
      return changed({.id = spec.id, .tenant = before->tenant, .before = before->rev, .after = spec.rev}, entry);
    });
  }

  result<change_number> set_target(const consumer_id& id, target_state target, const audit_entry* entry,
                                   change_number) override {
    return database_.in_transaction("change a consumer", [&]() -> result<change_number> {
      const auto before = known(id);
      if (!before) return no_consumer(id);
      SQLite::Statement row(connection(), "UPDATE consumers SET target = ? WHERE id = ?");
      row.bind(1, std::string(to_string(target)));
      row.bind(2, id.value);
      row.exec();
      return changed({.id = id, .tenant = before->tenant, .before = before->rev, .after = before->rev}, entry);
    });
  }

  result<change_number> set_orders(const consumer_id& id, const standing_orders& orders, const audit_entry* entry,
                                   change_number) override {
    return database_.in_transaction("change a consumer", [&]() -> result<change_number> {
      const auto before = known(id);
      if (!before) return no_consumer(id);
      SQLite::Statement row(connection(), "UPDATE consumers SET orders = ? WHERE id = ?");
      row.bind(1, to_stored_text(orders));
      row.bind(2, id.value);
      row.exec();
      return changed({.id = id, .tenant = before->tenant, .before = before->rev, .after = before->rev}, entry);
    });
  }

  result<change_number> remove(const consumer_id& id, const audit_entry* entry, change_number) override {
    return database_.in_transaction("remove a consumer", [&]() -> result<change_number> {
      const auto before = known(id);
      if (!before) return no_consumer(id);
      SQLite::Statement row(connection(), "DELETE FROM consumers WHERE id = ?");
      row.bind(1, id.value);
      row.exec();
      return changed({.id = id, .tenant = before->tenant, .before = before->rev, .after = {}}, entry);
    });
  }

  result<std::vector<revision_entry>> history(const consumer_id& id) override {
    return database_.in_transaction("read a history", [&]() -> result<std::vector<revision_entry>> {
      if (!known(id)) return no_consumer(id);
      std::vector<revision_entry> entries;
      SQLite::Statement rows(connection(),
                             "SELECT revision, at, spec FROM revisions WHERE consumer_id = ? ORDER BY revision");
      rows.bind(1, id.value);
      while (rows.executeStep()) {
        entries.push_back({revision{rows.getColumn(0).getInt64()}, to_timestamp(rows.getColumn(1)),
                           sealing_->from_text(rows.getColumn(2).getString())});
      }
      return entries;
    });
  }

  result<void> store_accepted(const consumer_id& id, revision rev, const processor_id& processor,
                              const std::string& version) override {
    return database_.in_transaction("store what a destination accepts", [&]() -> result<void> {
      SQLite::Statement row(connection(),
                            "INSERT INTO accepted_versions (consumer_id, processor_id, revision, version)"
                            " SELECT id, ?, revision, ? FROM consumers WHERE id = ? AND revision = ?"
                            " ON CONFLICT (consumer_id, processor_id)"
                            " DO UPDATE SET revision = excluded.revision, version = excluded.version");
      row.bind(1, processor.value);
      row.bind(2, version);
      row.bind(3, id.value);
      row.bind(4, rev.value);
      if (row.exec() == 0) return {};
      SQLite::Statement earlier(connection(), "DELETE FROM accepted_versions WHERE consumer_id = ? AND revision < ?");
      earlier.bind(1, id.value);
      earlier.bind(2, rev.value);
      earlier.exec();
      return {};
    });
  }

  result<accepted_versions> load_accepted(const consumer_id& id, revision rev) override {
    return database_.in_transaction("read what destinations accept", [&]() -> result<accepted_versions> {
      accepted_versions versions;
      SQLite::Statement rows(
          connection(), "SELECT processor_id, version FROM accepted_versions WHERE consumer_id = ? AND revision = ?");
      rows.bind(1, id.value);
      rows.bind(2, rev.value);
      while (rows.executeStep())
        versions.emplace(processor_id{rows.getColumn(0).getString()}, rows.getColumn(1).getString());
      return versions;
    });
  }

  result<void> ping() override {
    auto written = database_.in_transaction("write", [this]() -> result<void> {
      connection().exec("UPDATE last_ping SET count = count + 1");
      return {};
    });
    if (!written) return written;
    return database_.guarded("remove old texts", [this]() -> result<void> { return sealed_.clean(); });
  }

  access_store& access() override { return access_; }

 private:
  /// A consumer as the table knows it without its specification.
  struct known_consumer {
    revision rev;
    std::string tenant;
    consumer_footprint footprint;
  };

  [[nodiscard]] static tl::unexpected<error> stale(const consumer_spec& changed) {
    return failure(ec::stale_revision, "Consumer " + changed.id.value + " is no longer at revision " +
                                           std::to_string(changed.rev.value - 1) + "; read it again");
  }

  SQLite::Database& connection() { return database_.connection(); }

  /// A row of spec, target, tenant and orders.
  [[nodiscard]] consumer_spec consumer_in(const SQLite::Statement& row) const {
    auto spec = sealing_->from_text(row.getColumn(0).getString());
    spec.target = to_target(row.getColumn(1).getString());
    spec.tenant = row.getColumn(2).getString();
    spec.orders = orders_from_stored_text(row.getColumn(3).getString());
    return spec;
  }

  std::optional<known_consumer> known(const consumer_id& id) {
    SQLite::Statement row(connection(),
                          "SELECT revision, tenant, instances, consumer_group, servers FROM consumers WHERE id = ?");
    row.bind(1, id.value);
    if (!row.executeStep()) return std::nullopt;
    return known_consumer{.rev = {row.getColumn(0).getInt64()},
                          .tenant = row.getColumn(1).getString(),
                          .footprint = {.instances = row.getColumn(2).getInt64(),
                                        .group = row.getColumn(3).getString(),
                                        .servers = row.getColumn(4).getString()}};
  }

  /// Binds target, revision, updated_at, spec, instances, consumer_group, servers and described as the first
  /// parameters, and returns the number of the next one.
  static int bind_configuration(SQLite::Statement& row, const consumer_spec& spec, const std::string& text,
                                const consumer_footprint& footprint) {
    row.bind(1, std::string(to_string(spec.target)));
    row.bind(2, spec.rev.value);
    row.bind(3, to_number(spec.updated_at));
    row.bind(4, text);
    row.bind(5, footprint.instances);
    row.bind(6, footprint.group);
    row.bind(7, footprint.servers);
    row.bind(8, spec.rev.value);
    return 9;
  }

  /// Ends a change: writes its entry, if it has one.
  change_number changed(const consumer_change_facts& facts, const audit_entry* entry) {
    if (entry != nullptr) append_entry(database_, entry_of(*entry, facts));
    return {};
  }

  void append_revision(const consumer_spec& spec, const std::string& text) {
    SQLite::Statement row(connection(), "INSERT INTO revisions (consumer_id, revision, at, spec) VALUES (?, ?, ?, ?)");
    row.bind(1, spec.id.value);
    row.bind(2, spec.rev.value);
    row.bind(3, to_number(spec.updated_at));
    row.bind(4, text);
    row.exec();
  }

  sqlite_database database_;
  const spec_sealing_ptr sealing_;
  sqlite_sealing sealed_;
  sqlite_access_store access_{database_};
};

result<std::unique_ptr<sqlite_store>> connect(data_directory directory, spec_sealing_ptr sealing) {
  const auto file = directory.database_file();
  try {
    return std::make_unique<sqlite_store>(std::move(directory), std::move(sealing));
  } catch (const SQLite::Exception& problem) {
    return tl::make_unexpected(to_error("open the consumers", file, problem));
  }
}

}  // namespace

result<std::unique_ptr<consumer_store>> open_sqlite_store(const std::filesystem::path& directory,
                                                          spec_sealing_ptr sealing) {
  auto held = data_directory::open(directory);
  if (!held) return tl::make_unexpected(held.error());
  auto store = connect(std::move(*held), std::move(sealing));
  if (!store) return tl::make_unexpected(store.error());
  if (auto prepared = (*store)->prepare(); !prepared) return tl::make_unexpected(prepared.error());
  return std::unique_ptr<consumer_store>(std::move(*store));
}

}  // namespace kfs
