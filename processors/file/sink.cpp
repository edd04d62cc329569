#include "processors/file/sink.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

#include "processors/file/handover.hpp"
#include "processors/file/path_template.hpp"
#include "processors/file/writers.hpp"

namespace kfs {
namespace {

class file_sink final : public sink {
 public:
  file_sink(const file_sink_options& options, const sink_environment& environment, lifeline watched,
            file_handover::member who)
      : path_(options.file_path),
        options_(options.files),
        policy_(file_policy_of(environment)),
        writers_(environment.files),
        watched_(std::move(watched)),
        lease_(environment.leases, consumer_id{who.consumer}, who.instance),
        instance_(who.instance),
        handover_(file_handover::of(path_, policy_, watched_, std::move(who), writers_->handover())),
        lines_(options.format) {}

  /// Opens nothing: a file is opened when its first partition is assigned.
  result<void> open() override { return {}; }

  result<std::vector<std::optional<stored_position>>> positions(const record_source& source,
                                                                std::span<const partition_number> partitions) override {
    if (handover_) {
      if (auto taken = handover_->take(source, partitions, finder()); !taken) return tl::make_unexpected(taken.error());
    }
    std::vector<std::optional<stored_position>> positions;
    for (const auto& partition : partitions) {
      const auto writer = writer_of(source, partition);
      if (!writer) return tl::make_unexpected(writer.error());
      const auto found = (*writer)->positions(source, {&partition, 1}, watched_.cancelled);
      if (!found) return tl::make_unexpected(found.error());
      positions.push_back(found->front());
    }
    return positions;
  }

  result<void> start_at(const record_source& source, std::span<const sink_start> starts) override {
    for (const auto& start : starts) {
      const auto writer = writer_of(source, start.partition);
      if (!writer) return tl::make_unexpected(writer.error());
      if (auto started = (*writer)->start_at(source, {&start, 1}, watched_.cancelled); !started) return started;
    }
    return {};
  }

  result<rejections> write(const batch& records) override {
    if (!path_.has(placeholder::partition)) {
      return append(records, records.ranges().front().partition, records.records(), records.ranges()).map([] {
        return rejections{};
      });
    }
    for (auto& [partition, sorted] : by_partition_) sorted.clear();
    for (const auto& record : records.records()) by_partition_[record.partition].push_back(record);
    for (const auto& range : records.ranges()) {
      if (auto appended = append(records, range.partition, by_partition_[range.partition], {&range, 1}); !appended)
        return tl::make_unexpected(std::move(appended).error());
    }
    return rejections{};
  }

  result<void> close() override {
    open_.clear();
    return {};
  }

 private:
  static constexpr int most_tries = 3;

  /// The partition that a file is for; nullopt when all partitions share one file.
  using file_key = std::optional<partition_number>;

  result<void> append(const batch& whole, partition_number partition, std::span<const record> records,
                      std::span<const batch_range> ranges) {
    if (!handover_) return append_to_file(whole, partition, {whole, records, ranges, lines_});
    for (int tries = 0;; ++tries) {
      const auto left = handover_->left_to_write(whole.source(), ranges, finder());
      if (!left) return tl::make_unexpected(left.error());
      if (left->empty()) return {};
      std::vector<record> of_them;
      if (left->size() < ranges.size()) {
        std::ranges::copy_if(records, std::back_inserter(of_them), [&](const record& one) {
          return std::ranges::find(*left, one.partition, &batch_range::partition) != left->end();
        });
      }
      file_writer::lines lines{whole, left->size() < ranges.size() ? of_them : records, *left, lines_};
      lines.may_write = [&] { return handover_->check(whole.source(), *left); };
      auto appended = append_to_file(whole, partition, lines);
      if (appended || appended.error().code != ec::member_fenced || tries == most_tries) return appended;
    }
  }

  result<void> append_to_file(const batch& whole, partition_number partition, const file_writer::lines& lines) {
    const auto writer = writer_of(whole.source(), partition);
    if (!writer) return tl::make_unexpected(writer.error());
    auto appended = (*writer)->append(lines, watched_.cancelled);
    // The path may lead to another file now (a directory became a link): the next attempt resolves it again.
    if (!appended && appended.error().code == ec::sink_denied) release_if_moved(whole.source(), partition);
    return appended;
  }

  [[nodiscard]] file_key key_of(partition_number partition) const {
    return path_.has(placeholder::partition) ? file_key(partition) : std::nullopt;
  }

  result<std::shared_ptr<file_writer>> writer_of(const record_source& source, partition_number partition) {
    const auto found = open_.find(key_of(partition));
    if (found != open_.end()) return found->second;
    const auto resolved = policy_.resolve(path_.expand(source.topic, partition, instance_));
    if (!resolved) return tl::make_unexpected(resolved.error());
    auto writer = writers_->of(*resolved, options_);
    if (!writer) return writer;
    lease_.take();
    if (auto opened = (*writer)->open(lease_, watched_); !opened) return tl::make_unexpected(opened.error());
    return open_[key_of(partition)] = std::move(*writer);
  }

  [[nodiscard]] file_handover::writer_finder finder() {
    return [this](const record_source& source, partition_number partition) { return writer_of(source, partition); };
  }

  void release_if_moved(const record_source& source, partition_number partition) {
    const auto found = open_.find(key_of(partition));
    const auto resolved = policy_.resolve(path_.expand(source.topic, partition, instance_));
    if (!resolved || *resolved != found->second->series()) open_.erase(found);
  }

  const file_path_template path_;
  const file_options options_;
  const file_path_policy policy_;
  const std::shared_ptr<file_writers> writers_;
  const lifeline watched_;
  sink_lease lease_;
  const int instance_;
  const std::unique_ptr<file_handover> handover_;  ///< nullptr where nobody else gets partitions
  record_lines lines_;
  std::map<file_key, std::shared_ptr<file_writer>> open_;
  std::map<partition_number, std::vector<record>> by_partition_;  ///< of the current batch; memory is reused
};

}  // namespace

sink_ptr make_file_sink(const file_sink_options& options, const sink_environment& environment, const lifeline& watched,
                        file_handover::member who) {
  return std::make_unique<file_sink>(options, environment, watched, std::move(who));
}

}  // namespace kfs
