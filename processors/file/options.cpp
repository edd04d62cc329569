#include "processors/file/options.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "config/base/text.hpp"
#include "processors/file/path_inquiry.hpp"
#include "processors/file/path_template.hpp"
#include "processors/file/sink.hpp"
#include "processors/file/writers.hpp"

namespace kfs {
namespace {

// ---- Declaration

constexpr auto path_option = "file_path";
constexpr auto format_option = "format";
constexpr auto fsync_option = "fsync";
constexpr auto rotate_bytes_option = "rotate_max_bytes";
constexpr auto rotate_interval_option = "rotate_interval_ms";
constexpr auto compression_option = "compression";
constexpr std::size_t longest_path = 4096;
/// The 255 bytes of a file name less what the journal and closed files put behind it.
constexpr std::size_t longest_name = 215;

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
      "file_sink", "Appends every record to a file, one a line, exactly once.",
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

std::optional<std::string> mistake_in_place(const std::string& file_path, const sink_environment& environment) {
  const auto found = examine_path(file_policy_of(environment), file_path);
  if (!found) return found.error().message;
  if (found->is_taken) return "file_path \"" + file_path + "\" is there and is no regular file; choose another name";
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
  const auto found = examine_path(file_policy_of(environment), file_path);
  return found ? found->resolved.native() : file_path;
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
  return {environment.file_sink_directories, environment.data_dir};
}

// ---- Registration

sink_type file_sink_type() {
  return {.options = declaration(),
          .check = check_place,
          .place = place_of_file,
          .secrets_go_to = {},
          .mistake_with_instances = mistake_with_instances,
          .make = [](const consumer_spec&, const processor_spec& processor, const sink_environment& environment,
                     const lifeline& watched, int instance) {
            return make_file_sink(read_file_sink_options(processor.config), environment, watched, instance);
          }};
}

}  // namespace kfs
