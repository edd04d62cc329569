#include "processors/file/sink.hpp"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <stop_token>
#include <system_error>
#include <utility>

#include "config/base/text.hpp"
#include "processors/file/path_policy.hpp"
#include "processors/file/path_template.hpp"
#include "processors/file/writers.hpp"

namespace kfs {
namespace {

constexpr auto path_option = "file_path";
constexpr auto format_option = "format";
constexpr auto fsync_option = "fsync";
constexpr auto rotate_bytes_option = "rotate_max_bytes";
constexpr auto rotate_interval_option = "rotate_interval_ms";
constexpr auto compression_option = "compression";
constexpr std::size_t longest_path = 4096;
/// The 255 bytes of a file name less what the journal and closed files put behind it.
constexpr std::size_t longest_name = 215;

// ---- Options

std::optional<std::string> mistake_in_path(const json& value) {
  const auto& text = value.get_ref<const std::string&>();
  if (has_control_character(text)) return "a path without control characters is needed";
  const auto name = text.substr(text.rfind('/') + 1);
  if (name.empty() || name == "." || name == "..") return "the path of a file is needed, not of a directory";
  if (file_journal::is_name(name)) return "names of this kind are kept for the journals of file sinks; choose another";
  if (name.size() > longest_name)
    return "a name of at most " + std::to_string(longest_name) + " bytes is needed, so that what is put behind it fits";
  if (is_name_of_closed_file(name)) return "names of this kind are kept for closed files; choose another";
  return mistake_in_template(text);
}

option file_path() {
  return {.name = path_option,
          .kind = value_kind::string,
          .summary =
              "The file to which a line is appended for every record. Directories that are missing are made. It "
              "must lie below a directory of FILE_SINK_DIRECTORIES. It may hold {topic}, {partition}, "
              "{instance} and {date} (of writing, UTC).",
          .required = true,
          .example = "/var/log/payment_messages.log",
          .min_length = 1,
          .max_length = longest_path,
          .pattern = R"(^[^\u0000-\u001f\u007f]*[^/\u0000-\u001f\u007f]$)",
          .check = mistake_in_path};
}

std::shared_ptr<const object_schema> file_sink_options() {
  return std::make_shared<object_schema>(
      "file_sink", "Appends every record to a file, one a line, exactly once.",
      std::vector<option>{
          file_path(),
          {.name = format_option,
           .summary = "What a line holds: the bytes of the value, or a JSON object with topic, partition, offset, "
                      "timestamp, key, headers and value.",
           .default_value = "value",
           .one_of = {"value", "json"}},
          {.name = fsync_option,
           .summary =
               "When what was written is forced to the disk: before each batch is acknowledged, every second, or "
               "when the operating system likes.",
           .default_value = "interval",
           .one_of = {"batch", "interval", "never"}},
          {.name = rotate_bytes_option,
           .kind = value_kind::integer,
           .summary = "Bytes beyond which a file is closed and a new one begun; absent: none.",
           .nullable = true,
           .minimum = 1'024},
          {.name = rotate_interval_option,
           .kind = value_kind::integer,
           .summary = "Milliseconds after which a file that holds something is closed and a new one begun; absent: "
                      "none.",
           .nullable = true,
           .minimum = 1'000,
           .maximum = 366LL * 24 * 3'600 * 1'000},
          {.name = compression_option,
           .summary = "How closed files are compressed.",
           .default_value = "none",
           .one_of = {"none", "gzip", "zstd"}},
      });
}

file_options options_of(const json& config) {
  static const std::map<std::string, fsync_mode, std::less<>> modes{
      {"batch", fsync_mode::batch}, {"interval", fsync_mode::interval}, {"never", fsync_mode::never}};
  static const std::map<std::string, compression, std::less<>> compressions{
      {"none", compression::none}, {"gzip", compression::gzip}, {"zstd", compression::zstd}};
  file_options options;
  options.fsync = modes.at(config.value(fsync_option, "interval"));
  options.compress = compressions.at(config.value(compression_option, "none"));
  if (config.contains(rotate_bytes_option)) options.rotate_max_bytes = config.at(rotate_bytes_option);
  if (config.contains(rotate_interval_option))
    options.rotate_interval = std::chrono::milliseconds(config.at(rotate_interval_option).get<std::int64_t>());
  return options;
}

line_format format_of(const json& config) {
  return config.value(format_option, "value") == "json" ? line_format::json_object : line_format::value;
}

file_path_policy policy_of(const sink_environment& environment) {
  return {environment.file_sink_directories, environment.data_dir};
}

std::optional<std::string> mistake_in_place(const std::string& file_path, const sink_environment& environment) {
  const auto resolved = policy_of(environment).resolve(file_path);
  if (!resolved) return resolved.error().message;
  std::error_code failed;
  const auto found = std::filesystem::status(*resolved, failed);
  if (std::filesystem::exists(found) && !std::filesystem::is_regular_file(found))
    return "file_path \"" + file_path + "\" is there and is no regular file; choose another name";
  return std::nullopt;
}

void check_place(const json& config, const json& loc, const sink_environment& environment,
                 std::vector<violation>& found) {
  const auto& file_path = config.at(path_option);
  if (auto mistake = mistake_in_place(file_path.get_ref<const std::string&>(), environment))
    found.push_back({"value_error", below(loc, path_option), std::move(*mistake), file_path});
}

std::string place_of_file(const json& config, const sink_environment& environment) {
  const auto& file_path = config.at(path_option).get_ref<const std::string&>();
  const auto resolved = policy_of(environment).resolve(file_path);
  return resolved ? resolved->native() : file_path;
}

/// Each member needs a file of its own, as another replica may run it.
std::optional<violation> mistake_with_instances(const json& config, const json& loc) {
  const auto& file_path = config.at(path_option);
  if (file_path_template(file_path.get_ref<const std::string&>()).has(placeholder::instance)) return std::nullopt;
  return violation{"value_error", below(loc, path_option),
                   "Value error, with options.instances above 1 each instance needs a file of its own: put {instance} "
                   "into the path",
                   file_path};
}

// ---- The sink

class file_sink final : public sink {
 public:
  file_sink(const std::string& file_path, const json& config, const sink_environment& environment,
            std::stop_token given_up, int instance)
      : path_(file_path),
        options_(options_of(config)),
        policy_(policy_of(environment)),
        writers_(environment.files),
        given_up_(std::move(given_up)),
        instance_(instance),
        lines_(format_of(config)) {}

  /// Without `{partition}` the one file; with it each is opened when its partition is assigned.
  result<void> open() override { return {}; }

  result<std::vector<std::optional<offset>>> positions(const record_source& source,
                                                       std::span<const partition_number> partitions) override {
    std::vector<std::optional<offset>> all;
    for (const auto& partition : partitions) {
      const auto writer = writer_of(source, partition);
      if (!writer) return tl::make_unexpected(writer.error());
      const auto one = (*writer)->positions(source, {&partition, 1}, given_up_);
      if (!one) return tl::make_unexpected(one.error());
      all.push_back(one->front());
    }
    return all;
  }

  result<void> start_at(const record_source& source, std::span<const partition_offset> starts) override {
    for (const auto& start : starts) {
      const auto writer = writer_of(source, start.partition);
      if (!writer) return tl::make_unexpected(writer.error());
      if (auto started = (*writer)->start_at(source, {&start, 1}, given_up_); !started) return started;
    }
    return {};
  }

  result<rejections> write(const batch& records) override {
    if (!path_.has(placeholder::partition)) {
      return append(records, records.ranges().front().partition, records.records(), records.ranges()).map([] {
        return rejections{};
      });
    }
    for (auto& [partition, of] : by_partition_) of.clear();
    for (const auto& one : records.records()) by_partition_[one.partition].push_back(one);
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
  /// A partition of the files, or the one that all share.
  using place = std::optional<partition_number>;

  result<void> append(const batch& from, partition_number partition, std::span<const record> records,
                      std::span<const batch_range> ranges) {
    const auto writer = writer_of(from.source(), partition);
    if (!writer) return tl::make_unexpected(writer.error());
    auto appended = (*writer)->append({from, records, ranges, lines_}, given_up_);
    // The path may lead elsewhere now (a directory became a link to another): the next try follows it anew.
    if (!appended && appended.error().code == ec::sink_denied) let_go_if_moved(from.source(), partition);
    return appended;
  }

  [[nodiscard]] place place_of(partition_number partition) const {
    return path_.has(placeholder::partition) ? place(partition) : std::nullopt;
  }

  result<std::shared_ptr<file_writer>> writer_of(const record_source& source, partition_number partition) {
    const auto found = open_.find(place_of(partition));
    if (found != open_.end()) return found->second;
    const auto resolved = policy_.resolve(path_.expand(source.topic, partition, instance_));
    if (!resolved) return tl::make_unexpected(resolved.error());
    auto writer = writers_->of(*resolved, options_);
    if (!writer) return writer;
    if (auto opened = (*writer)->open(); !opened) return tl::make_unexpected(opened.error());
    return open_[place_of(partition)] = std::move(*writer);
  }

  void let_go_if_moved(const record_source& source, partition_number partition) {
    const auto found = open_.find(place_of(partition));
    const auto resolved = policy_.resolve(path_.expand(source.topic, partition, instance_));
    if (!resolved || *resolved != found->second->series()) open_.erase(found);
  }

  const file_path_template path_;
  const file_options options_;
  const file_path_policy policy_;
  const std::shared_ptr<file_writers> writers_;
  const std::stop_token given_up_;
  const int instance_;
  record_lines lines_;
  std::map<place, std::shared_ptr<file_writer>> open_;
  std::map<partition_number, std::vector<record>> by_partition_;  ///< of the batch in hand; memory is reused
};

sink_ptr make_file_sink(const consumer_spec&, const processor_spec& processor, const sink_environment& environment,
                        const lifeline& watched, int instance) {
  return std::make_unique<file_sink>(processor.config.at(path_option).get<std::string>(), processor.config, environment,
                                     watched.cancelled, instance);
}

}  // namespace

// ---- Registration

sink_type file_sink_type() {
  return {.options = file_sink_options(),
          .check = check_place,
          .place = place_of_file,
          .secrets_go_to = {},
          .mistake_with_instances = mistake_with_instances,
          .make = make_file_sink};
}

}  // namespace kfs
