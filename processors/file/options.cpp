#include "processors/file/options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <regex>
#include <utility>
#include <vector>

#include "processors/file/claims.hpp"
#include "processors/file/compression.hpp"
#include "processors/file/journal.hpp"
#include "processors/file/path_inquiry.hpp"
#include "processors/file/path_overlap.hpp"
#include "processors/file/path_rules.hpp"
#include "processors/file/path_template.hpp"
#include "processors/file/sink.hpp"
#include "processors/file/writers.hpp"

namespace kfs {
namespace {

namespace fs = std::filesystem;

// ---- Declaration

constexpr auto type_name = "file_sink";
constexpr auto path_option = "file_path";
constexpr auto format_option = "format";
constexpr auto fsync_option = "fsync";
constexpr auto rotate_bytes_option = "rotate_max_bytes";
constexpr auto rotate_interval_option = "rotate_interval_ms";
constexpr auto compression_option = "compression";
constexpr std::size_t longest_path = 4096;

std::optional<std::string> mistake_in_path(const json& value) {
  return mistake_in_file_path(value.get_ref<const std::string&>());
}

option file_path() {
  return {.name = path_option,
          .kind = value_kind::string,
          .summary =
              "The file to which a line is appended for every record. Directories that are missing are made. It must "
              "lie below a directory of FILE_SINK_DIRECTORIES. It may hold {topic}, {partition}, {instance} and {date} "
              "(of writing, UTC).",
          .required = true,
          .example = "/var/log/payment_messages.log",
          .min_length = 1,
          .max_length = longest_path,
          .pattern = R"(^[^\u0000-\u001f\u007f]*[^/\u0000-\u001f\u007f]$)",
          .check = mistake_in_path};
}

std::shared_ptr<const object_schema> declaration() {
  return std::make_shared<object_schema>(
      type_name, "Appends every record to a file, one a line, exactly once.",
      std::vector<option>{
          file_path(),
          {.name = format_option,
           .summary = "What a line holds: the bytes of the value, or a JSON object with topic, partition, offset, "
                      "timestamp, key, headers and value.",
           .default_value = "value",
           .one_of = {"value", "json"}},
          {.name = fsync_option,
           .summary = "When what was written is forced to the disk: before each batch is acknowledged, every second, "
                      "or when the operating system likes.",
           .default_value = "interval",
           .one_of = {"batch", "interval", "never"}},
          {.name = rotate_bytes_option,
           .kind = value_kind::integer,
           .summary = "Bytes beyond which a file is closed and a new one begun; absent: none.",
           .nullable = true,
           .minimum = 1'024},
          {.name = rotate_interval_option,
           .kind = value_kind::integer,
           .summary =
               "Milliseconds after which a file that holds something is closed and a new one begun; absent: none.",
           .nullable = true,
           .minimum = 1'000,
           .maximum = 366LL * 24 * 3'600 * 1'000},
          {.name = compression_option,
           .summary = "How closed files are compressed.",
           .default_value = "none",
           .one_of = {"none", "gzip", "zstd"}},
      });
}

// ---- Checks

std::string path_for(const config_for_topic& placed) {
  return file_path_template(placed.config.at(path_option).get_ref<const std::string&>()).with_topic(placed.topic);
}

std::optional<std::string> mistake_in_place(const std::string& path, const sink_environment& environment) {
  if (auto mistake = mistake_in_names(path)) return mistake;
  auto found = examine_path(file_policy_of(environment), path);
  if (!found) return found.error().message;
  if (found->obstacle) return std::move(found->obstacle);
  if (file_path_template(path).has(placeholder::instance)) {
    found = examine_path(file_policy_of(environment), file_claims::path_for(path));
    if (!found || found->obstacle)
      return "with {instance} the server keeps a file of its own there: " +
             (found ? *found->obstacle : found.error().message);
  }
  return mistake_in_length(found->resolved);
}

void check_compression(const json& config, const json& loc, std::vector<violation>& found) {
  const auto given = [&](const char* name) { return config.contains(name) && !config.at(name).is_null(); };
  if (config.value(compression_option, "none") == "none" || given(rotate_bytes_option) || given(rotate_interval_option))
    return;
  if (file_path_template(config.at(path_option).get_ref<const std::string&>()).has(placeholder::date)) return;
  found.push_back({"value_error", below(loc, compression_option),
                   "Value error, only closed files are compressed, and this one is never closed: set rotate_max_bytes "
                   "or rotate_interval_ms, put {date} into file_path, or leave compression out",
                   config.at(compression_option)});
}

void check_config(const config_for_topic& placed, const json& loc, const sink_environment& environment,
                  std::vector<violation>& found) {
  if (auto mistake = mistake_in_place(path_for(placed), environment))
    found.push_back(
        {"value_error", below(loc, path_option), "Value error, " + *mistake, placed.config.at(path_option)});
  check_compression(placed.config, loc, found);
}

// ---- Where it writes

place_names places_of_file(const config_for_topic& placed, const sink_environment& environment) {
  const auto path = path_for(placed);
  const auto found = examine_path(file_policy_of(environment), path);
  return places_of_series(found ? found->resolved : fs::path(path));
}

bool may_meet(const place_names& a, const place_names& b) {
  return std::ranges::any_of(a, [&](const std::string& first) {
    return std::ranges::any_of(
        b, [&](const std::string& second) { return overlap_of(first, second) != path_overlap::none; });
  });
}

/// The path without a look at the disk.
fs::path written_path(const config_for_topic& placed) {
  std::error_code failed;
  const fs::path path(path_for(placed));
  const auto absolute = fs::absolute(path, failed);
  return (failed ? path : absolute).lexically_normal();
}

/// Consumers may share a series of files, but not have two series in one file.
std::optional<std::string> mistake_beside_other(const config_for_topic& placed, const config_for_topic& of_other) {
  const auto mine = written_path(placed);
  const auto other = written_path(of_other);
  const auto overlap = overlap_of(mine.native(), other.native());
  if (overlap == path_overlap::shared) return std::nullopt;
  if (overlap == path_overlap::none && !may_meet(places_of_series(mine), places_of_series(other))) return std::nullopt;
  return fmt::format(
      "file_path \"{}\" and the one of another consumer, \"{}\", become the same file on some day, or one "
      "becomes a file that is kept beside the other, or a directory of it; choose another file_path",
      mine.native(), other.native());
}

/// Only with a date, or what a date may become, can two series meet in one file.
bool minds_others(const config_for_topic& placed) {
  static const std::regex date(R"(\{date\}|\d{4}-\d\d-\d\d)");
  return std::regex_search(path_for(placed), date);
}

/// Each instance needs a file of its own, because another replica may run it.
std::optional<violation> mistake_with_instances(const json& config, const json& loc) {
  const auto& file_path = config.at(path_option);
  if (file_path_template(file_path.get_ref<const std::string&>()).has(placeholder::instance)) return std::nullopt;
  return violation{
      "value_error", below(loc, path_option),
      "Value error, with options.instances above 1 each instance needs a file of its own: put {instance} into the path",
      file_path};
}

}  // namespace

// ---- Whose file it is

/// The directory of the claims of a consumer's file; empty for another processor, and for one that has no path.
std::string claims_directory(const consumer_spec& consumer, const processor_spec& processor) {
  const auto path = processor.config.find(path_option);
  if (processor.type != type_name || path == processor.config.end() || !path->is_string()) return {};
  return file_claims::directory_of(written_path({processor.config, consumer.topic}).native());
}

/// Which of the consumer's files with that directory this is (file_handover::member).
std::optional<std::size_t> place_among_files(const consumer_spec& consumer, const processor_spec& processor) {
  if (!typed_options(consumer.options).partitions.empty()) return std::nullopt;
  const auto directory = claims_directory(consumer, processor);
  std::size_t place = 0;
  for (const auto& other : consumer.processors) {
    if (other.id == processor.id) break;
    if (claims_directory(consumer, other) == directory) ++place;
  }
  return place;
}

// ---- The options, read

file_sink_options read_file_sink_options(const json& config) {
  static const std::map<std::string, fsync_mode, std::less<>> modes{
      {"batch", fsync_mode::batch}, {"interval", fsync_mode::interval}, {"never", fsync_mode::never}};
  static const std::map<std::string, compression, std::less<>> compressions{
      {"none", compression::none}, {"gzip", compression::gzip}, {"zstd", compression::zstd}};
  file_sink_options read;
  read.file_path = config.at(path_option).get<std::string>();
  if (config.value(format_option, "value") == "json") read.format = line_format::json_object;
  read.files.fsync = modes.at(config.value(fsync_option, "interval"));
  read.files.compress = compressions.at(config.value(compression_option, "none"));
  if (config.contains(rotate_bytes_option)) read.files.rotate_max_bytes = config.at(rotate_bytes_option);
  if (config.contains(rotate_interval_option))
    read.files.rotate_interval = std::chrono::milliseconds(config.at(rotate_interval_option).get<std::int64_t>());
  return read;
}

file_path_policy file_policy_of(const sink_environment& environment) {
  return {environment.file_sink_directories, environment.data_dir, environment.read_by_server,
          environment.file_directories_from};
}

// ---- Registration

sink_type file_sink_type() {
  return {.options = declaration(),
          .check = check_config,
          .places_of = places_of_file,
          .may_meet = may_meet,
          .how_to_part = "give each its own file_path, none of them a directory of another",
          .mistake_beside_other = mistake_beside_other,
          .minds_others = minds_others,
          .mistake_with_instances = mistake_with_instances,
          .make = [](const consumer_spec& consumer, const processor_spec& processor,
                     const sink_environment& environment, const lifeline& watched, int instance) {
            return make_file_sink(read_file_sink_options(processor.config), environment, watched,
                                  {consumer.id.value, instance, place_among_files(consumer, processor)});
          }};
}

}  // namespace kfs
