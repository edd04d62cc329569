#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "processors/json_value.hpp"

namespace kfs {

/// Tells whether bytes are JSON (RFC 8259, in UTF-8), and finds the values that JSON pointers (RFC 6901) name in it.
/// All sinks use it, so that they agree.
///
/// Numbers may have any size and precision, and nesting any depth. A lone surrogate in an escape is valid, as in the
/// grammar of the RFC. One byte order mark in front is taken off (section 8.1).
///
/// Ownership: one user; memory is reused from value to value. Threading: none.
class json_reader {
 public:
  enum class verdict : std::uint8_t {
    no_json,
    valid,  ///< JSON that jsonb does not accept: with \u0000, a lone surrogate, a number out of range
            ///< for numeric, or 500 levels
    jsonb,  ///< JSON that jsonb accepts
  };

  /// Each pointer begins with a slash. Two may be equal.
  explicit json_reader(const std::vector<std::string>& pointers = {});

  /// Reads all of `bytes`. What the functions below return is valid as long as `bytes`, until the next call.
  verdict read(std::string_view bytes);

  /// What was read, without a byte order mark.
  [[nodiscard]] std::string_view text() const noexcept { return text_; }

  /// The outermost value; of kind missing when the text is no JSON.
  [[nodiscard]] const json_value& root() const noexcept { return root_; }

  /// How many pointers there are.
  [[nodiscard]] std::size_t pointers() const noexcept { return places_of_pointers_.size(); }

  /// What the pointer with this index in the list of pointers names; of kind missing when it names nothing, or the text
  /// is no JSON. Names are compared without escapes. The first of repeated names counts.
  [[nodiscard]] json_value found(std::size_t pointer) const noexcept;

 private:
  static constexpr std::uint32_t nowhere = UINT32_MAX;

  /// A place that pointers lead to, or through.
  struct place {
    std::string name;      ///< of the member that leads here
    std::uint32_t number;  ///< the element that leads here, if the name is an index; nowhere otherwise
    std::vector<std::uint32_t> inner;
    std::uint64_t reading = 0;  ///< the last text in which this place was reached
    json_value value;
  };

  /// An object or array that is being read.
  struct level {
    std::uint32_t at;  ///< its place; nowhere when no pointer leads into it
    std::uint32_t members = 0;
    const char* begin;
  };

  void add(std::string_view pointer);
  std::uint32_t inner_place(std::uint32_t outer, const std::string& name);
  template <class Leads>
  std::uint32_t step_into(std::uint32_t outer, Leads&& leads);
  std::uint32_t member_place(std::uint32_t outer, std::string_view raw_name);

  bool read_all();
  bool read_value(std::uint32_t at);
  bool read_member();
  bool read_string();
  bool read_escape();
  [[nodiscard]] std::string_view next_digits() const;
  bool take_pair();
  bool read_number();
  bool read_word(std::string_view word);
  bool read_digits();
  bool take(char wanted);
  void skip_space();
  void keep(std::uint32_t at, const char* begin);

  std::vector<place> places_;  ///< the first one is the whole text
  std::vector<std::uint32_t> places_of_pointers_;
  std::vector<level> levels_;
  std::string name_;
  std::string_view text_;
  json_value root_;
  const char* at_ = nullptr;
  const char* end_ = nullptr;
  std::uint64_t reading_ = 0;
  bool for_postgres_ = true;
};

}  // namespace kfs
