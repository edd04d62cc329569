#include "cluster/wanted_book.hpp"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace kfs {
namespace {

std::string filled_in(std::string path, std::string_view mark, const std::string& text) {
  for (auto at = path.find(mark); at != std::string::npos; at = path.find(mark, at + text.size()))
    path.replace(at, mark.size(), text);
  return path;
}

std::vector<std::string> files_of(const consumer_spec& spec) {
  std::vector<std::string> files;
  for (const auto& processor : spec.processors) {
    const auto path = processor.config.find("file_path");
    if (path != processor.config.end() && path->is_string()) files.push_back(filled_in(*path, "{topic}", spec.topic));
  }
  return files;
}

/// Groups of numbers that are joined in pairs. O(log n) for each call.
class groups {
 public:
  explicit groups(std::size_t count) : parent_(count) { std::iota(parent_.begin(), parent_.end(), std::size_t{0}); }

  std::size_t of(std::size_t number) {
    while (parent_[number] != number) number = parent_[number] = parent_[parent_[number]];
    return number;
  }
  /// The lower number names the group.
  void join(std::size_t one, std::size_t other) {
    one = of(one);
    other = of(other);
    parent_[std::max(one, other)] = std::min(one, other);
  }

 private:
  std::vector<std::size_t> parent_;
};

}  // namespace

void wanted_book::apply(const wanted_changes& changes) {
  if (changes.everything) started_.clear();
  const std::set<consumer_id> all(changes.all.begin(), changes.all.end());
  std::erase_if(started_, [&](const auto& known) { return !all.contains(known.first); });
  for (const auto& [spec, change] : changes.changed) {
    if (spec.target == target_state::started) {
      started_.insert_or_assign(spec.id,
                                wish{.instances = typed_options(spec.options).instances, .files = files_of(spec)});
    } else {
      started_.erase(spec.id);
    }
  }
}

std::vector<wanted_instance> wanted_book::instances() const {
  std::vector<wanted_instance> all;
  for (const auto& [id, wanted] : started_)
    for (int instance = 0; instance < wanted.instances; ++instance) all.push_back({.instance = {id, instance}});
  groups joined(all.size());
  std::map<std::string, std::size_t> first_of_file;
  std::size_t number = 0;
  for (const auto& [id, wanted] : started_) {
    for (int instance = 0; instance < wanted.instances; ++instance, ++number)
      for (const auto& file : wanted.files)
        joined.join(
            number,
            first_of_file.try_emplace(filled_in(file, "{instance}", std::to_string(instance)), number).first->second);
  }
  std::vector<std::size_t> weights(all.size());
  for (number = 0; number < all.size(); ++number) ++weights[joined.of(number)];
  for (number = 0; number < all.size(); ++number) {
    const auto first = joined.of(number);
    if (weights[first] < 2) continue;
    const auto& name = all[first].instance;
    all[number].together = name.consumer.value + '/' + std::to_string(name.number);
  }
  return all;
}

}  // namespace kfs
