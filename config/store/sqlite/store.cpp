#include "config/store/sqlite/store.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <map>
#include <string>
#include <utility>

#include "config/store/migrations.hpp"
#include "config/store/spec_json.hpp"
#include "config/store/sqlite/data_directory.hpp"
#include "config/store/sqlite/errors.hpp"

namespace kfs {
namespace {

constexpr int busy_timeout_ms = 2'000;  // for other tools that read or back up the file
constexpr int invalid_utf8 = 316;       // the JSON library's number for it
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

target_state to_target(const SQLite::Column& column) {
  return column.getString() == to_string(target_state::started) ? target_state::started : target_state::stopped;
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
      const int newest = schema_migrations().back().version;
      if (found > newest) return newer_schema(found, newest);
      migrate(database_);
      return {};
    });
  }

  result<std::vector<consumer_spec>> load_all() override {
    return in_transaction("read the consumers", [this]() -> result<std::vector<consumer_spec>> {
      auto processors = all_processors();
      std::vector<consumer_spec> consumers;
      SQLite::Statement rows(database_,
                             "SELECT id, broker_ip, broker_port, topic, consumer_group, options, target, revision,"
                             " created_at, updated_at FROM consumers ORDER BY created_at, id");
      while (rows.executeStep()) {
        consumers.push_back(read_consumer(rows));
        consumers.back().processors = std::move(processors[consumers.back().id.value]);
      }
      return consumers;
    });
  }

  result<void> insert(const consumer_spec& spec) override {
    return in_transaction("store a consumer", [&]() -> result<void> {
      SQLite::Statement row(database_,
                            "INSERT INTO consumers (broker_ip, broker_port, topic, consumer_group, options, target,"
                            " revision, updated_at, id, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
                            " ON CONFLICT (id) DO NOTHING");
      bind_configuration(row, spec);
      row.bind(9, spec.id.value);
      row.bind(10, to_number(spec.created_at));
      if (row.exec() == 0) return failure(ec::already_exists, "Consumer " + spec.id.value + " already exists");
      insert_processors(spec);
      append_revision(spec);
      return {};
    });
  }

  result<void> update(const consumer_spec& changed) override {
    return in_transaction("change a consumer", [&]() -> result<void> {
      SQLite::Statement row(database_,
                            "UPDATE consumers SET broker_ip = ?, broker_port = ?, topic = ?, consumer_group = ?,"
                            " options = ?, target = ?, revision = ?, updated_at = ? WHERE id = ? AND revision = ?");
      bind_configuration(row, changed);
      row.bind(9, changed.id.value);
      row.bind(10, changed.rev.value - 1);
      if (row.exec() == 0) return exists(changed.id) ? stale(changed) : no_consumer(changed.id);
      SQLite::Statement old_processors(database_, "DELETE FROM processors WHERE consumer_id = ?");
      old_processors.bind(1, changed.id.value);
      old_processors.exec();
      insert_processors(changed);
      append_revision(changed);
      return {};
    });
  }

  result<void> set_target(const consumer_id& id, target_state target) override {
    return in_transaction("change a consumer", [&]() -> result<void> {
      SQLite::Statement row(database_, "UPDATE consumers SET target = ? WHERE id = ?");
      row.bind(1, std::string(to_string(target)));
      row.bind(2, id.value);
      if (row.exec() == 0) return no_consumer(id);
      return {};
    });
  }

  result<void> remove(const consumer_id& id) override {
    return in_transaction("remove a consumer", [&]() -> result<void> {
      SQLite::Statement row(database_, "DELETE FROM consumers WHERE id = ?");
      row.bind(1, id.value);
      if (row.exec() == 0) return no_consumer(id);
      return {};
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
                           spec_from_json(json::parse(rows.getColumn(2).getString()))});
      }
      return entries;
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

  /// What a library throws becomes a value here.
  template <class Work>
  auto guarded(const std::string& tried, Work work) -> decltype(work()) {
    try {
      return work();
    } catch (const SQLite::Exception& problem) {
      return tl::make_unexpected(to_error(tried, file(), problem));
    } catch (const json::exception& problem) {
      // Its text is not repeated: it quotes what it could not read, which may be a secret.
      if (problem.id == invalid_utf8) return failure(ec::internal, "cannot " + tried + ": a text is not valid UTF-8");
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

  /// A file without a name takes every write and loses it.
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

  /// Binds the first eight parameters of an INSERT or UPDATE of `consumers`.
  static void bind_configuration(SQLite::Statement& row, const consumer_spec& spec) {
    row.bind(1, spec.broker_ip);
    row.bind(2, static_cast<std::int32_t>(spec.broker_port));
    row.bind(3, spec.topic);
    row.bind(4, spec.consumer_group);
    row.bind(5, spec.options.dump());
    row.bind(6, std::string(to_string(spec.target)));
    row.bind(7, spec.rev.value);
    row.bind(8, to_number(spec.updated_at));
  }

  void insert_processors(const consumer_spec& spec) {
    SQLite::Statement row(database_,
                          "INSERT INTO processors (consumer_id, position, id, type, config, created_at, updated_at)"
                          " VALUES (?, ?, ?, ?, ?, ?, ?)");
    std::int64_t position = 0;
    for (const auto& processor : spec.processors) {
      row.bind(1, spec.id.value);
      row.bind(2, position++);
      row.bind(3, processor.id.value);
      row.bind(4, processor.type);
      row.bind(5, processor.config.dump());
      row.bind(6, to_number(processor.created_at));
      row.bind(7, to_number(processor.updated_at));
      row.exec();
      row.reset();
    }
  }

  void append_revision(const consumer_spec& spec) {
    SQLite::Statement row(database_, "INSERT INTO revisions (consumer_id, revision, at, spec) VALUES (?, ?, ?, ?)");
    row.bind(1, spec.id.value);
    row.bind(2, spec.rev.value);
    row.bind(3, to_number(spec.updated_at));
    row.bind(4, spec_to_json(spec).dump());
    row.exec();
  }

  std::map<std::string, std::vector<processor_spec>> all_processors() {
    std::map<std::string, std::vector<processor_spec>> by_consumer;
    SQLite::Statement rows(database_,
                           "SELECT consumer_id, id, type, config, created_at, updated_at FROM processors"
                           " ORDER BY consumer_id, position");
    while (rows.executeStep()) {
      by_consumer[rows.getColumn(0).getString()].push_back(
          {processor_id{rows.getColumn(1).getString()}, rows.getColumn(2).getString(),
           json::parse(rows.getColumn(3).getString()), to_timestamp(rows.getColumn(4)),
           to_timestamp(rows.getColumn(5))});
    }
    return by_consumer;
  }

  static consumer_spec read_consumer(SQLite::Statement& row) {
    consumer_spec spec;
    spec.id = consumer_id{row.getColumn(0).getString()};
    spec.broker_ip = row.getColumn(1).getString();
    spec.broker_port = static_cast<std::uint16_t>(row.getColumn(2).getInt());
    spec.topic = row.getColumn(3).getString();
    spec.consumer_group = row.getColumn(4).getString();
    spec.options = json::parse(row.getColumn(5).getString());
    spec.target = to_target(row.getColumn(6));
    spec.rev = revision{row.getColumn(7).getInt64()};
    spec.created_at = to_timestamp(row.getColumn(8));
    spec.updated_at = to_timestamp(row.getColumn(9));
    return spec;
  }

  data_directory directory_;  // outlives the connection: the lock is let go last
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
