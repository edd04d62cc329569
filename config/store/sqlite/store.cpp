#include "config/store/sqlite/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <string>
#include <utility>

#include "config/store/spec_json.hpp"
#include "config/store/sqlite/data_directory.hpp"
#include "config/store/sqlite/errors.hpp"
#include "config/store/sqlite/schema.hpp"

namespace kfs {
namespace {

constexpr int busy_timeout_ms = 2'000;  // for other tools that read or back up the file
constexpr auto immediate = SQLite::TransactionBehavior::IMMEDIATE;

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
  explicit sqlite_store(data_directory directory)
      : directory_(std::move(directory)),
        database_(directory_.database_file().string(), SQLite::OPEN_READWRITE, busy_timeout_ms) {}

  /// Sets up the connection and brings the schema to its newest version.
  result<void> prepare() {
    return guarded("open the consumers", [this]() -> result<void> {
      database_.exec("PRAGMA foreign_keys = ON");
      database_.exec("PRAGMA synchronous = FULL");
      const auto mode = database_.execAndGet("PRAGMA journal_mode = WAL").getString();
      if (mode != "wal") return unreadable(file(), "cannot have a write-ahead log on this file system");
      const auto check = database_.execAndGet("PRAGMA quick_check(1)").getString();
      if (check != "ok") return unreadable(file(), "is damaged (" + check + ")");
      const int found = schema_version(database_);
      const int newest = sqlite_migrations().back().version;
      if (found > newest) return newer_schema(found, newest);
      migrate(database_);
      return {};
    });
  }

  result<std::vector<consumer_spec>> load_all() override {
    return in_transaction("read the consumers", [this]() -> result<std::vector<consumer_spec>> {
      std::vector<consumer_spec> consumers;
      SQLite::Statement rows(database_, "SELECT spec, target FROM consumers ORDER BY created_at, id");
      while (rows.executeStep()) {
        consumers.push_back(from_stored_text(rows.getColumn(0).getString()));
        consumers.back().target = to_target(rows.getColumn(1).getString());
      }
      return consumers;
    });
  }

  result<stored_consumer> load(const consumer_id& id) override {
    return in_transaction("read a consumer", [&]() -> result<stored_consumer> {
      SQLite::Statement row(database_, "SELECT spec, target FROM consumers WHERE id = ?");
      row.bind(1, id.value);
      if (!row.executeStep()) return stored_consumer{};
      wanted_consumer wanted{from_stored_text(row.getColumn(0).getString()), 0};
      wanted.spec.target = to_target(row.getColumn(1).getString());
      return stored_consumer{.wanted = std::make_shared<const wanted_consumer>(std::move(wanted)), .as_of = {}};
    });
  }

  result<change_number> insert(const consumer_spec& spec) override {
    const auto text = to_stored_text(spec);
    if (!text) return tl::make_unexpected(text.error());
    return in_transaction("store a consumer", [&]() -> result<change_number> {
      SQLite::Statement row(database_,
                            "INSERT INTO consumers (id, target, revision, created_at, updated_at, spec)"
                            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING");
      row.bind(1, spec.id.value);
      row.bind(2, std::string(to_string(spec.target)));
      row.bind(3, spec.rev.value);
      row.bind(4, to_number(spec.created_at));
      row.bind(5, to_number(spec.updated_at));
      row.bind(6, *text);
      if (row.exec() == 0) return failure(ec::already_exists, "Consumer " + spec.id.value + " already exists");
      append_revision(spec, *text);
      return change_number{};
    });
  }

  result<change_number> update(const consumer_spec& changed) override {
    const auto text = to_stored_text(changed);
    if (!text) return tl::make_unexpected(text.error());
    return in_transaction("change a consumer", [&]() -> result<change_number> {
      SQLite::Statement row(database_,
                            "UPDATE consumers SET target = ?, revision = ?, updated_at = ?, spec = ?"
                            " WHERE id = ? AND revision = ?");
      row.bind(1, std::string(to_string(changed.target)));
      row.bind(2, changed.rev.value);
      row.bind(3, to_number(changed.updated_at));
      row.bind(4, *text);
      row.bind(5, changed.id.value);
      row.bind(6, changed.rev.value - 1);
      if (row.exec() == 0) return exists(changed.id) ? stale(changed) : no_consumer(changed.id);
      append_revision(changed, *text);
      return change_number{};
    });
  }

  result<change_number> set_target(const consumer_id& id, target_state target) override {
    return in_transaction("change a consumer", [&]() -> result<change_number> {
      SQLite::Statement row(database_, "UPDATE consumers SET target = ? WHERE id = ?");
      row.bind(1, std::string(to_string(target)));
      row.bind(2, id.value);
      if (row.exec() == 0) return no_consumer(id);
      return change_number{};
    });
  }

  result<change_number> remove(const consumer_id& id) override {
    return in_transaction("remove a consumer", [&]() -> result<change_number> {
      SQLite::Statement row(database_, "DELETE FROM consumers WHERE id = ?");
      row.bind(1, id.value);
      if (row.exec() == 0) return no_consumer(id);
      return change_number{};
    });
  }

  result<std::vector<revision_entry>> history(const consumer_id& id) override {
    return in_transaction("read a history", [&]() -> result<std::vector<revision_entry>> {
      if (!exists(id)) return no_consumer(id);
      std::vector<revision_entry> entries;
      SQLite::Statement rows(database_,
                             "SELECT revision, at, spec FROM revisions WHERE consumer_id = ? ORDER BY revision");
      rows.bind(1, id.value);
      while (rows.executeStep()) {
        entries.push_back({revision{rows.getColumn(0).getInt64()}, to_timestamp(rows.getColumn(1)),
                           from_stored_text(rows.getColumn(2).getString())});
      }
      return entries;
    });
  }

  result<void> store_accepted(const consumer_id& id, revision rev, const processor_id& processor,
                              const std::string& version) override {
    return in_transaction("store what a destination accepts", [&]() -> result<void> {
      SQLite::Statement row(database_,
                            "INSERT INTO accepted_versions (consumer_id, processor_id, revision, version)"
                            " SELECT id, ?, revision, ? FROM consumers WHERE id = ? AND revision = ?"
                            " ON CONFLICT (consumer_id, processor_id)"
                            " DO UPDATE SET revision = excluded.revision, version = excluded.version");
      row.bind(1, processor.value);
      row.bind(2, version);
      row.bind(3, id.value);
      row.bind(4, rev.value);
      if (row.exec() == 0) return {};
      SQLite::Statement earlier(database_, "DELETE FROM accepted_versions WHERE consumer_id = ? AND revision < ?");
      earlier.bind(1, id.value);
      earlier.bind(2, rev.value);
      earlier.exec();
      return {};
    });
  }

  result<accepted_versions> load_accepted(const consumer_id& id, revision rev) override {
    return in_transaction("read what destinations accept", [&]() -> result<accepted_versions> {
      accepted_versions versions;
      SQLite::Statement rows(
          database_, "SELECT processor_id, version FROM accepted_versions WHERE consumer_id = ? AND revision = ?");
      rows.bind(1, id.value);
      rows.bind(2, rev.value);
      while (rows.executeStep())
        versions.emplace(processor_id{rows.getColumn(0).getString()}, rows.getColumn(1).getString());
      return versions;
    });
  }

  result<void> ping() override {
    return in_transaction("write", [this]() -> result<void> {
      database_.exec("UPDATE last_ping SET count = count + 1");
      return {};
    });
  }

 private:
  [[nodiscard]] const std::filesystem::path& file() const { return directory_.database_file(); }

  [[nodiscard]] tl::unexpected<error> newer_schema(int found, int newest) const {
    return failure(ec::store_unavailable, file().string() + " has schema version " + std::to_string(found) +
                                              ", this server knows versions up to " + std::to_string(newest) +
                                              "; run the newer server, or set DATA_DIR to another directory");
  }

  [[nodiscard]] static tl::unexpected<error> stale(const consumer_spec& changed) {
    return failure(ec::stale_revision, "Consumer " + changed.id.value + " is no longer at revision " +
                                           std::to_string(changed.rev.value - 1) + "; read it again");
  }

  /// Turns exceptions of the libraries into errors.
  template <class Work>
  auto guarded(const std::string& tried, Work work) -> decltype(work()) {
    try {
      return work();
    } catch (const SQLite::Exception& problem) {
      return tl::make_unexpected(to_error(tried, file(), problem));
    } catch (const json::exception&) {
      // Its message is not repeated: it quotes what it could not read, which may be a secret.
      return unreadable(file(), "holds a row that is not as it was written");
    }
  }

  template <class Work>
  auto in_transaction(const std::string& tried, Work work) -> decltype(work()) {
    return guarded(tried, [&]() -> decltype(work()) {
      if (was_moved()) return unreadable(file(), "was removed or replaced while the server ran");
      SQLite::Transaction transaction(database_, immediate);
      auto done = work();
      if (done) transaction.commit();
      return done;
    });
  }

  /// Writes to a file that was deleted succeed and are lost.
  bool was_moved() {
    int moved = 0;
    sqlite3_file_control(database_.getHandle(), nullptr, SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved != 0;
  }

  bool exists(const consumer_id& id) {
    SQLite::Statement row(database_, "SELECT 1 FROM consumers WHERE id = ?");
    row.bind(1, id.value);
    return row.executeStep();
  }

  void append_revision(const consumer_spec& spec, const std::string& text) {
    SQLite::Statement row(database_, "INSERT INTO revisions (consumer_id, revision, at, spec) VALUES (?, ?, ?, ?)");
    row.bind(1, spec.id.value);
    row.bind(2, spec.rev.value);
    row.bind(3, to_number(spec.updated_at));
    row.bind(4, text);
    row.exec();
  }

  data_directory directory_;  // before the connection, so that its lock is released last
  SQLite::Database database_;
};

result<std::unique_ptr<sqlite_store>> connect(data_directory directory) {
  const auto file = directory.database_file();
  try {
    return std::make_unique<sqlite_store>(std::move(directory));
  } catch (const SQLite::Exception& problem) {
    return tl::make_unexpected(to_error("open the consumers", file, problem));
  }
}

}  // namespace

result<std::unique_ptr<consumer_store>> open_sqlite_store(const std::filesystem::path& directory) {
  auto held = data_directory::open(directory);
  if (!held) return tl::make_unexpected(held.error());
  auto store = connect(std::move(*held));
  if (!store) return tl::make_unexpected(store.error());
  if (auto prepared = (*store)->prepare(); !prepared) return tl::make_unexpected(prepared.error());
  return std::unique_ptr<consumer_store>(std::move(*store));
}

}  // namespace kfs
