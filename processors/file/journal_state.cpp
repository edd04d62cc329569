#include "processors/file/journal_state.hpp"

#include <algorithm>

namespace kfs::journal {

bool state::apply(const entry& added) {
  return std::visit([this](const auto& alternative) { return take(alternative); }, added);
}

bool state::take(const header& added) {
  header_ = added;
  return true;
}

bool state::take(const opened& added) {
  opened_ = added;
  owners_.clear();
  return true;
}

bool state::take(const owner& added) {
  owners_[{added.consumer, added.instance}] = added.epoch;
  return true;
}

bool state::take(const journal::copy& added) {
  copy_ = added;
  return true;
}

bool state::take(const source& added) {
  const auto number = static_cast<source_number>(sources_.size());
  if (!numbers_.emplace(added.of, number).second) return false;
  sources_.push_back(added.of);
  return true;
}

bool state::take(const file& added) {
  if (pending_ || added.length < 0) return false;
  file_ = added;
  length_ = added.length;
  synced_length_ = added.length;
  synced_next_ = next_;
  for (auto& [letter, end] : redriven_) end = 0;
  return true;
}

bool state::take(const write& added) {
  if (added.to < added.from || !settle_at(added.from) || !known(added.next)) return false;
  if (std::ranges::any_of(added.redriven, [this](const auto& each) { return each.source >= sources_.size(); }))
    return false;
  pending_ = added;
  return true;
}

bool state::take(const whole& added) {
  return settle_at(added.length);
}

bool state::take(const start& added) {
  if (pending_ || !known(added.next)) return false;
  for (const auto& moved : added.next) {
    next_[{moved.source, moved.partition}] = moved.next;
    synced_next_[{moved.source, moved.partition}] = moved.next;
    if (moved.log.empty()) {
      logs_.erase({moved.source, moved.partition});
    } else {
      logs_[{moved.source, moved.partition}] = moved.log;
    }
  }
  return true;
}

bool state::take(const synced& added) {
  if (added.length < synced_length_ || !known(added.next)) return false;
  if (pending_ && added.length >= pending_->to) settle(true);
  synced_length_ = added.length;
  for (const auto& moved : added.next) synced_next_[{moved.source, moved.partition}] = moved.next;
  return true;
}

bool state::take(const redriven& added) {
  for (const auto& each : added.letters) {
    if (each.source >= sources_.size()) return false;
    redriven_[each] = added.length;
  }
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
    for (const auto& each : pending_->redriven) redriven_[each] = length_;
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
  std::erase_if(redriven_, [this](const auto& each) { return each.second > synced_length_; });
}

std::vector<entry> state::summary() const {
  std::vector<entry> entries{header{journal::format, header_.series}, opened_};
  for (const auto& each : owners()) entries.emplace_back(each);
  for (const auto& known : sources_) entries.emplace_back(source{known});
  start from;
  for (const auto& [place, next] : synced_next_) {
    const auto log = logs_.find(place);
    from.next.push_back({place.first, place.second, next, log == logs_.end() ? std::string() : log->second});
  }
  entries.emplace_back(std::move(from));
  entries.emplace_back(file{file_.name, synced_length_, file_.since_ms});
  entries.emplace_back(write{synced_length_, length_, positions()});
  entries.emplace_back(whole{length_});
  std::map<std::int64_t, redriven> letters;
  for (const auto& [letter, end] : redriven_) {
    letters[end].length = end;
    letters[end].letters.push_back(letter);
  }
  for (auto& [end, all] : letters) entries.emplace_back(std::move(all));
  if (!copy_.name.empty()) entries.emplace_back(copy_);
  if (pending_) entries.emplace_back(*pending_);
  return entries;
}

std::vector<owner> state::owners() const {
  std::vector<owner> all;
  for (const auto& [instance, epoch] : owners_) all.push_back({instance.first, instance.second, epoch});
  return all;
}

std::optional<offset> state::position(const record_source& owner, partition_number partition) const {
  const auto number = number_of(owner);
  return number ? position(*number, partition) : std::nullopt;
}

std::optional<offset> state::position(source_number source, partition_number partition) const {
  const auto found = next_.find({source, partition});
  return found == next_.end() ? std::nullopt : std::optional(found->second);
}

std::string state::log(const record_source& owner, partition_number partition) const {
  const auto number = number_of(owner);
  const auto found = number ? logs_.find({*number, partition}) : logs_.end();
  return found == logs_.end() ? std::string() : found->second;
}

std::optional<source_number> state::number_of(const record_source& owner) const {
  const auto found = numbers_.find(owner);
  return found == numbers_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<journal::position> state::positions() const {
  std::vector<journal::position> all;
  all.reserve(next_.size());
  for (const auto& [place, next] : next_) all.push_back({place.first, place.second, next, {}});
  return all;
}

std::optional<std::int64_t> state::pending_end() const {
  return pending_ ? std::optional(pending_->to) : std::nullopt;
}

}  // namespace kfs::journal
