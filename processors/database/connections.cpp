#include "processors/database/connections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kfs {

database_connections::loan::loan(loan&& other) noexcept
    : pool_(std::exchange(other.pool_, nullptr)),
      place_(std::move(other.place_)),
      whose_(other.whose_),
      connection_(std::move(other.connection_)) {}

database_connections::loan::~loan() {
  if (pool_ != nullptr) pool_->give_back(place_, whose_, std::move(connection_));
}

std::unique_ptr<postgres_connection> database_connections::take_own(room& in, user whose) {
  const auto own = std::ranges::find(in.idles, whose, &idle::whose);
  if (own == in.idles.end()) return nullptr;
  auto connection = std::move(own->connection);
  in.idles.erase(own);
  return connection;
}

result<database_connections::loan> database_connections::borrow(const std::string& place, user whose,
                                                                const opener& open, const lifeline& held_by) {
  std::unique_ptr<postgres_connection> unused;  // closed outside the lock
  loan lent(*this, place, whose);
  {
    std::unique_lock held(mutex_);
    const auto has_room = [&] { return rooms_[place].taken < most_ || !rooms_[place].idles.empty(); };
    if (!freed_.wait_for(held, held_by.cancelled, patience_, has_room)) {
      lent.pool_ = nullptr;
      return failure(ec::sink_unavailable, fmt::format("all {} connections that this server makes to {} are in use; it "
                                                       "is tried again",
                                                       most_, place));
    }
    auto& in = rooms_[place];
    lent.connection_ = take_own(in, whose);
    if (lent.connection_) {
      lent.connection_->held_by(held_by);
      return lent;
    }
    if (in.taken < most_) {
      ++in.taken;
    } else {
      unused = std::move(in.idles.front().connection);
      in.idles.pop_front();
    }
  }
  unused.reset();
  auto opened = open();
  if (!opened) return tl::make_unexpected(std::move(opened).error());
  lent.connection_ = std::move(*opened);
  return lent;
}

void database_connections::give_back(const std::string& place, user whose,
                                     std::unique_ptr<postgres_connection> connection) {
  if (connection) connection->rollback();
  if (connection && connection->broken()) connection.reset();
  const std::lock_guard held(mutex_);
  auto& in = rooms_[place];
  if (connection) {
    connection->held_by({});
    in.idles.push_back({whose, std::move(connection)});
  } else {
    --in.taken;
  }
  freed_.notify_all();  // notify_one could wake a thread that waits for another place
}

void database_connections::forget(user whose) {
  std::list<idle> unused;  // closed outside the lock
  const std::lock_guard held(mutex_);
  for (auto& [place, in] : rooms_) {
    for (auto at = in.idles.begin(); at != in.idles.end();) {
      const auto current = at++;
      if (current->whose != whose) continue;
      unused.splice(unused.end(), in.idles, current);
      --in.taken;
    }
  }
  std::erase_if(rooms_, [](const auto& entry) { return entry.second.taken == 0; });
  freed_.notify_all();
}

}  // namespace kfs
