#include "config/store/postgres/numbered_change.hpp"

#include "config/store/postgres/audit_rows.hpp"

namespace kfs {
namespace {

constexpr int most_attempts = 3;  ///< while servers of the version before change consumers beside this one

/// Takes the number, tells all replicas and writes the entry, in two round trips.
result<change_number> take_number(postgres_session& session, pqxx::work& transaction, const consumer_id& id,
                                  const audit_entry* entry, const consumer_change_facts& facts) {
  const auto next = transaction.exec(std::string("UPDATE kafka_fetcher.counters SET last_change = last_change + 1") +
                                     (entry == nullptr ? "" : ", last_audit = last_audit + 1") +
                                     " RETURNING last_change, last_audit");
  if (next.empty()) return session.unusable("has no row in kafka_fetcher.counters; restore it from a backup");
  const change_number taken{next[0][0].as<std::uint64_t>()};
  const auto named = transaction.quote(id.value);
  std::string statements = "NOTIFY kafka_fetcher, 'consumers';";
  if (entry != nullptr) {
    statements += insertion_of(transaction, entry_of(*entry, facts), next[0][1].as<std::string>(), session.run()) + ";";
  }
  const auto kept =
      transaction.exec(statements + "UPDATE kafka_fetcher.consumers SET change = " + std::to_string(taken.value) +
                       " WHERE id = " + named);
  if (kept.affected_rows() == 0) transaction.exec("DELETE FROM kafka_fetcher.reports WHERE consumer_id = " + named);
  return taken;
}

result<void> describe_all(postgres_session& session) {
  return session.transact("read the consumers", [](pqxx::work& transaction) -> result<void> {
    describe_consumers(transaction);
    return {};
  });
}

}  // namespace

result<change_number> change_with_number(postgres_session& session, const std::string& tried, const consumer_id& id,
                                         const audit_entry* entry,
                                         const std::function<result<written_change>(pqxx::work&)>& work) {
  for (int attempt = 1;; ++attempt) {
    change_number taken;
    bool must_describe = false;
    auto done = session.transact(tried, [&](pqxx::work& transaction) -> result<void> {
      const auto written = work(transaction);
      if (!written) return tl::make_unexpected(written.error());
      must_describe = written->checked == tenant_check::undescribed;
      if (must_describe) return failure(ec::store_unavailable, "servers of two versions change consumers; try again");
      const auto number = take_number(session, transaction, id, entry, written->facts);
      if (!number) return tl::make_unexpected(number.error());
      taken = *number;
      return {};
    });
    if (done) return taken;
    if (!must_describe || attempt == most_attempts) return tl::make_unexpected(done.error());
    if (auto described = describe_all(session); !described) return tl::make_unexpected(described.error());
  }
}

}  // namespace kfs
