#include "processors/file_sink.hpp"

#include <filesystem>
#include <system_error>

#include "config/text.hpp"
#include "processors/file_path_policy.hpp"
#include "processors/file_writers.hpp"

namespace kfs {
namespace {

constexpr auto path_option = "file_path";
constexpr std::size_t longest_path = 4096;

// ---- Options

std::optional<std::string> mistake_in_path(const json& value) {
  const auto& text = value.get_ref<const std::string&>();
  if (has_control_character(text)) return "a path without control characters is needed";
  const auto name = text.substr(text.rfind('/') + 1);
  if (name.empty() || name == "." || name == "..") return "the path of a file is needed, not of a directory";
  return std::nullopt;
}

std::shared_ptr<const object_schema> file_sink_options() {
  option file_path{.name = path_option,
                   .kind = value_kind::string,
                   .summary =
                       "The file to which the values are appended, one a line. Directories that are missing are "
                       "made. It must lie below a directory of FILE_SINK_DIRECTORIES.",
                   .required = true,
                   .example = "/var/log/payment_messages.log",
                   .min_length = 1,
                   .max_length = longest_path,
                   .pattern = R"(^[^\u0000-\u001f\u007f]*[^/\u0000-\u001f\u007f]$)",
                   .check = mistake_in_path};
  return std::make_shared<const object_schema>("file_sink", "Appends the value of every record to a file, one a line.",
                                               std::vector{std::move(file_path)});
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

// ---- The sink

/// What is durable after write() is what the operating system was given: it outlives the server (kill -9), not a power
/// failure.
class file_sink final : public sink {
 public:
  file_sink(std::string file_path, file_path_policy policy, std::shared_ptr<file_writers> writers)
      : file_path_(std::move(file_path)), policy_(std::move(policy)), writers_(std::move(writers)) {}

  result<void> open() override {
    const auto resolved = policy_.resolve(file_path_);
    if (!resolved) return tl::make_unexpected(resolved.error());
    auto writer = writers_->of(*resolved);
    if (auto opened = writer->open(); !opened) return opened;
    writer_ = std::move(writer);
    return {};
  }

  result<void> write(const batch& records) override {
    if (!writer_) {
      if (auto opened = open(); !opened) return opened;
    }
    auto written = writer_->append(records);
    // The path may lead elsewhere now (a directory became a link to another): the next try follows it anew.
    if (!written && written.error().code == ec::sink_denied) writer_.reset();
    return written;
  }

  result<void> close() override {
    writer_.reset();
    return {};
  }

 private:
  const std::string file_path_;
  const file_path_policy policy_;
  const std::shared_ptr<file_writers> writers_;
  std::shared_ptr<file_writer> writer_;
};

sink_ptr make_file_sink(const consumer_spec&, const processor_spec& processor, const sink_environment& environment) {
  return std::make_unique<file_sink>(processor.config.at(path_option).get<std::string>(), policy_of(environment),
                                     environment.files);
}

}  // namespace

// ---- Registration

sink_type file_sink_type() {
  return {file_sink_options(), check_place, make_file_sink};
}

}  // namespace kfs
