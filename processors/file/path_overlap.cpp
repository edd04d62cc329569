#include "processors/file/path_overlap.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "processors/file/path_template.hpp"

namespace kfs {
namespace {

/// One character that a path may have at a place.
struct symbol {
  std::optional<char> letter;  ///< nullopt for any digit
  bool repeats = false;        ///< once or more often
  bool of_date = false;
  bool begins_date = false;
};

std::vector<symbol> symbols_of(std::string_view path) {
  std::vector<symbol> all;
  while (!path.empty()) {
    const auto [size, means] = placeholder_at(path);
    if (!means) {
      all.push_back({.letter = path.front()});
    } else if (*means != placeholder::date) {
      all.push_back({.letter = {}, .repeats = true});
    } else {
      for (const char c : std::string_view("dddd-dd-dd"))
        all.push_back({.letter = c == '-' ? std::optional(c) : std::nullopt, .of_date = true});
      all[all.size() - 10].begins_date = true;
    }
    path.remove_prefix(size);
  }
  return all;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool fit(const symbol& a, const symbol& b) {
  if (a.letter && b.letter) return *a.letter == *b.letter;
  if (!a.letter && !b.letter) return true;
  return is_digit(a.letter ? *a.letter : *b.letter);
}

/// Walks through both paths at once, over every text that both may become.
class comparison {
 public:
  comparison(std::string_view first, std::string_view second)
      : first_(symbols_of(first)), second_(symbols_of(second)), seen_(2 * (first_.size() + 1) * (second_.size() + 1)) {}

  path_overlap run() {
    reach({0, 0, false});
    while (!open_.empty()) {
      const auto at = open_.back();
      open_.pop_back();
      if (at.first < first_.size() && at.second < second_.size()) step(at);
    }
    if (seen(first_.size(), second_.size(), true)) return path_overlap::by_date;
    if (seen(first_.size(), second_.size(), false)) return path_overlap::shared;
    return ends_at_directory() ? path_overlap::within : path_overlap::none;
  }

 private:
  struct place {
    std::size_t first;
    std::size_t second;
    bool apart;  ///< a date of one was beside something else of the other
  };

  std::vector<bool>::reference seen(std::size_t first, std::size_t second, bool apart) {
    return seen_[2 * (first * (second_.size() + 1) + second) + (apart ? 1 : 0)];
  }

  void reach(place at) {
    if (seen(at.first, at.second, at.apart)) return;
    seen(at.first, at.second, at.apart) = true;
    open_.push_back(at);
  }

  void step(place at) {
    const auto& a = first_[at.first];
    const auto& b = second_[at.second];
    if (!fit(a, b)) return;
    const bool apart = at.apart || a.of_date != b.of_date || a.begins_date != b.begins_date;
    for (const auto first : {at.first, at.first + 1}) {
      for (const auto second : {at.second, at.second + 1}) {
        const bool first_moves = first != at.first;
        const bool second_moves = second != at.second;
        if ((first_moves || a.repeats) && (second_moves || b.repeats)) reach({first, second, apart});
      }
    }
  }

  /// Whether one path may end where the other goes on with a slash.
  bool ends_at_directory() {
    const auto reached = [&](std::size_t first, std::size_t second) {
      return seen(first, second, false) || seen(first, second, true);
    };
    for (std::size_t i = 0; i < second_.size(); ++i) {
      if (second_[i].letter == '/' && reached(first_.size(), i)) return true;
    }
    for (std::size_t i = 0; i < first_.size(); ++i) {
      if (first_[i].letter == '/' && reached(i, second_.size())) return true;
    }
    return false;
  }

  const std::vector<symbol> first_;
  const std::vector<symbol> second_;
  std::vector<bool> seen_;
  std::vector<place> open_;
};

}  // namespace

path_overlap overlap_of(std::string_view first, std::string_view second) {
  if (first == second) return path_overlap::shared;
  return comparison(first, second).run();
}

}  // namespace kfs
