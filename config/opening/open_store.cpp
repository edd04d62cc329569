#include "config/opening/open_store.hpp"

#include <utility>

#include "config/store/postgres/store.hpp"
#include "config/store/sqlite/store.hpp"

namespace kfs {

result<opened_store> open_store(const settings& configured, const conninfo_options& defaults,
                                const std::string& replica, processor_schemas types, const logger& log) {
  auto sealing = std::make_shared<const spec_sealing>(key_ring(configured.store_keys), std::move(types), log);
  if (!configured.database_url.empty()) {
    auto target = parse_postgres_url(configured.database_url, defaults);
    if (!target) return tl::make_unexpected(target.error());
    auto place = "PostgreSQL " + target->place;
    auto keeper = open_postgres_store(*target, replica, sealing);
    return opened_store{std::move(keeper), std::move(sealing), std::nullopt, std::move(place), std::move(*target)};
  }
  auto store = open_sqlite_store(configured.data_dir, sealing);
  if (!store) return tl::make_unexpected(store.error());
  auto consumers = (*store)->load_all();
  if (!consumers) return tl::make_unexpected(consumers.error());
  return opened_store{std::move(*store), std::move(sealing), std::move(*consumers),
                      "SQLite in " + configured.data_dir.string(), std::nullopt};
}

}  // namespace kfs
