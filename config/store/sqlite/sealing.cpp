#include "config/store/sqlite/sealing.hpp"

#include <SQLiteCpp/SQLiteCpp.h>

#include <array>
#include <utility>
#include <vector>

namespace kfs {
namespace {

constexpr auto immediate = SQLite::TransactionBehavior::IMMEDIATE;
/// Rows that one transaction moves.
constexpr int most_rows = 100;

constexpr const char* make_table = R"sql(
CREATE TABLE IF NOT EXISTS sealing (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  key_id TEXT NOT NULL,
  residue INTEGER NOT NULL  -- 0: none; 1: the write-ahead log may hold earlier texts; 2: so may free pages
) STRICT;
INSERT INTO sealing VALUES (1, '', 0) ON CONFLICT DO NOTHING;
)sql";

/// The statements that select and change the texts of one table, by rowid.
struct text_table {
  const char* select;
  const char* update;
};
constexpr std::array<text_table, 2> tables{{{"SELECT rowid, spec FROM consumers WHERE rowid > ? ORDER BY rowid LIMIT ?",
                                             "UPDATE consumers SET spec = ? WHERE rowid = ?"},
                                            {"SELECT rowid, spec FROM revisions WHERE rowid > ? ORDER BY rowid LIMIT ?",
                                             "UPDATE revisions SET spec = ? WHERE rowid = ?"}}};

}  // namespace

result<void> sqlite_sealing::begin() {
  const bool known = database_.tableExists("sealing");
  if (sealing_.keys().empty()) {
    if (known) key_ = database_.execAndGet("SELECT key_id FROM sealing").getString();
    return {};
  }
  if (!known) database_.exec(make_table);
  left_ = static_cast<residue>(database_.execAndGet("SELECT residue FROM sealing").getInt());
  key_ = sealing_.keys().current();
  SQLite::Statement name(database_, "UPDATE sealing SET key_id = ? WHERE key_id <> ?");
  name.bind(1, key_);
  name.bind(2, key_);
  name.exec();
  for (const auto& [select, update] : tables) {
    if (auto moved = move_all(select, update); !moved) return moved;
  }
  return clean();
}

result<void> sqlite_sealing::move_all(const char* select, const char* update) {
  std::int64_t last = 0;
  while (true) {
    SQLite::Transaction transaction(database_, immediate);
    std::vector<std::pair<std::int64_t, std::string>> moved;
    SQLite::Statement rows(database_, select);
    rows.bind(1, last);
    rows.bind(2, most_rows);
    int seen = 0;
    for (; rows.executeStep(); ++seen) {
      last = rows.getColumn(0).getInt64();
      auto text = sealing_.moved_to(key_, rows.getColumn(1).getString());
      if (!text) return tl::make_unexpected(text.error());
      if (*text) moved.emplace_back(last, std::move(**text));
    }
    for (const auto& [row, text] : moved) {
      SQLite::Statement change(database_, update);
      change.bind(1, text);
      change.bind(2, row);
      change.exec();
    }
    if (!moved.empty()) set_residue(in_log_and_free_pages);
    transaction.commit();
    if (seen < most_rows) return {};
  }
}

void sqlite_sealing::set_residue(residue left) {
  SQLite::Statement row(database_, "UPDATE sealing SET residue = ?");
  row.bind(1, static_cast<int>(left));
  row.exec();
  left_ = left;
}

/// VACUUM writes the pages in use to the log, from which the checkpoint writes them to a file without free pages. A
/// checkpoint cannot empty a log that another process reads.
result<void> sqlite_sealing::clean() {
  if (left_ == nowhere) return {};
  if (left_ == in_log_and_free_pages) {
    database_.exec("VACUUM");
    set_residue(in_log);
  }
  const auto empty_log = [this] { return database_.execAndGet("PRAGMA wal_checkpoint(TRUNCATE)").getInt() == 0; };
  if (!empty_log()) return {};
  set_residue(nowhere);
  return {};
}

result<std::string> sqlite_sealing::to_text(const consumer_spec& spec) const {
  if (auto may = sealing_.may_store(spec, key_); !may) return tl::make_unexpected(may.error());
  return sealing_.to_text(spec, sealing_.keys().holds(key_) ? key_ : std::string());
}

}  // namespace kfs
