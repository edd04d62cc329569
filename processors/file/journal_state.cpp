#include "processors/file/journal_state.hpp"

#include <algorithm>

namespace kfs::journal {

bool state::apply(const entry& what) {
  return std::visit([this](const auto& alternative) { return take(alternative); }, what);
}

bool state::take(const header& what) {
  header_ = what;
  return true;
}

bool state::take(const opened& what) {
  opened_ = what;
  return true;
}

bool state::take(const source& what) {
  const auto number = static_cast<source_number>(sources_.size());
  if (!numbers_.emplace(what.of, number).second) return false;
  sources_.push_back(what.of);
  return true;
}

bool state::take(const file& what) {
  if (pending_ || what.length < 0) return false;
  file_ = what;
  length_ = what.length;
  synced_length_ = what.length;
  synced_next_ = next_;
  return true;
}

bool state::take(const write& what) {
  if (what.to < what.from || !settle_at(what.from) || !known(what.next)) return false;
  pending_ = what;
  return true;
}

bool state::take(const whole& what) {
  return settle_at(what.length);
}

bool state::take(const start& what) {
  if (pending_ || !known(what.next)) return false;
  for (const auto& moved : what.next) {
    next_[{moved.source, moved.partition}] = moved.next;
    synced_next_[{moved.source, moved.partition}] = moved.next;
  }
  return true;
}

bool state::take(const synced& what) {
  if (what.length < synced_length_ || !known(what.next)) return false;
  if (pending_ && what.length >= pending_->to) settle(true);
  synced_length_ = what.length;
  for (const auto& moved : what.next) synced_next_[{moved.source, moved.partition}] = moved.next;
  return true;
}

bool state::known(const std::vector<journal::position>& positions) const {
  return std::ranges::all_of(positions, [this](const auto& each) { return each.source < sources_.size(); });
}

bool state::settle_at(std::int64_t length) {
  if (pending_ && pending_->to == length) {
    settle(true);
    return true;
  }
  if (length != length_) return false;
  settle(false);
  return true;
}

void state::settle(bool written) {
  if (pending_ && written) {
    length_ = pending_->to;
    for (const auto& moved : pending_->next) next_[{moved.source, moved.partition}] = moved.next;
  }
  pending_.reset();
}

verdict state::judge(std::optional<std::int64_t> size, const std::string& boot) {
  const bool lost_power = opened_.syncs && !opened_.boot.empty() && opened_.boot != boot;
  if (lost_power) forget_unsynced();
  if (size.value_or(0) == 0 && (length_ > 0 || !size)) {
    settle(false);
    return verdict::begun_anew;
  }
  if (lost_power) return *size < length_ ? verdict::changed : verdict::torn;
  const auto end = pending_end().value_or(length_);
  if (*size < length_ || *size > end) return verdict::changed;
  settle(*size == end);
  return *size == length_ ? verdict::whole : verdict::torn;
}

void state::forget_unsynced() {
  pending_.reset();
  length_ = synced_length_;
  next_ = synced_next_;
}

std::vector<entry> state::summary() const {
  std::vector<entry> entries{header_, opened_};
  for (const auto& known : sources_) entries.emplace_back(source{known});
  start from;
  for (const auto& [place, next] : synced_next_) from.next.push_back({place.first, place.second, next});
  entries.emplace_back(std::move(from));
  entries.emplace_back(file{file_.name, synced_length_, file_.since_ms});
  entries.emplace_back(write{synced_length_, length_, positions()});
  entries.emplace_back(whole{length_});
  if (pending_) entries.emplace_back(*pending_);
  return entries;
}

std::optional<offset> state::position(const record_source& owner, partition_number partition) const {
  const auto number = number_of(owner);
  return number ? position(*number, partition) : std::nullopt;
}

std::optional<offset> state::position(source_number source, partition_number partition) const {
  const auto found = next_.find({source, partition});
  return found == next_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<source_number> state::number_of(const record_source& owner) const {
  const auto found = numbers_.find(owner);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<journal::position> state::positions() const {
  std::vector<journal::position> all;
  all.reserve(next_.size());
  for (const auto& [place, next] : next_) all.push_back({place.first, place.second, next});
  return all;
}

std::optional<std::int64_t> state::pending_end() const {
  return pending_ ? std::optional(pending_->to) : std::nullopt;
}

}  // namespace kfs::journal
