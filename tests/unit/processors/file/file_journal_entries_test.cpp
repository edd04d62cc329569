#include "processors/file/journal_entries.hpp"
#include "tests/unit/processors/file/journal_lines.hpp"

#include <zlib.h>

#include <boost/test/unit_test.hpp>
#include <limits>

namespace kfs::file_journal_entries_test {

using namespace kfs::journal;
using write_entry = kfs::journal::write;  // beside ::write

namespace {

/// A line with a correct checksum, without its line end.
std::string sealed(const std::string& text) {
  char digits[9];
  std::snprintf(digits, sizeof digits, "%08lx", ::crc32_z(0, reinterpret_cast<const Bytef*>(text.data()), text.size()));
  return std::string(digits) + " " + text;
}

std::string without_end(std::string line) {
  BOOST_REQUIRE(line.ends_with('\n'));
  line.pop_back();
  BOOST_REQUIRE(line.find('\n') == std::string::npos);
  return line;
}

template <class T>
T there_and_back(const T& what) {
  const auto decoded = decode(without_end(encode(what)));
  BOOST_REQUIRE(decoded.has_value());
  BOOST_REQUIRE(std::holds_alternative<T>(*decoded));
  return std::get<T>(*decoded);
}

const write_entry two_partitions{100, 250, {{0, 3, offset{17}}, {1, 2'147'483'647, offset{9'223'372'036'854'775'807}}}};

}  // namespace

BOOST_AUTO_TEST_SUITE(file_journal_entries)

BOOST_AUTO_TEST_CASE(a_header_comes_back_as_it_was) {
  const auto back = there_and_back(header{1, "out-{date}.log"});
  BOOST_TEST(back.format == 1);
  BOOST_TEST(back.series == "out-{date}.log");
}

BOOST_AUTO_TEST_CASE(an_opening_comes_back_as_it_was) {
  for (const bool syncs : {true, false}) {
    const auto back = there_and_back(opened{"2d3f7c2e-boot", syncs});
    BOOST_TEST(back.boot == "2d3f7c2e-boot");
    BOOST_TEST(back.syncs == syncs);
  }
}

BOOST_AUTO_TEST_CASE(a_source_comes_back_as_it_was_whatever_its_names_hold) {
  for (const auto& of : {record_source{"lkc-1", "billing", "orders"}, record_source{"", "", ""},
                         record_source{"\"quoted\"", "line\nend\\", "grün\t\x01"}})
    BOOST_TEST((there_and_back(source{of}).of == of));
}

BOOST_AUTO_TEST_CASE(a_file_comes_back_as_it_was) {
  const auto back = there_and_back(file{"2026-11-24/out.log", 9'000'000'000'000, 1'700'000'000'123});
  BOOST_TEST(back.name == "2026-11-24/out.log");
  BOOST_TEST(back.length == 9'000'000'000'000);
  BOOST_TEST(back.since_ms == 1'700'000'000'123);
}

BOOST_AUTO_TEST_CASE(a_write_comes_back_as_it_was) {
  const auto back = there_and_back(two_partitions);
  BOOST_TEST(back.from == 100);
  BOOST_TEST(back.to == 250);
  BOOST_TEST((back.next == two_partitions.next));
  BOOST_TEST(there_and_back(write_entry{0, 0, {}}).next.empty());
}

BOOST_AUTO_TEST_CASE(whole_start_and_synced_come_back_as_they_were) {
  BOOST_TEST(there_and_back(whole{77}).length == 77);
  BOOST_TEST((there_and_back(start{two_partitions.next}).next == two_partitions.next));
  const start in_logs{{{0, 1, offset{3}, "a/1"}, {0, 2, offset{4}}, {1, 0, offset{5}, "\"/2"}}};
  BOOST_TEST((there_and_back(in_logs).next == in_logs.next));
  const auto back = there_and_back(synced{250, two_partitions.next});
  BOOST_TEST(back.length == 250);
  BOOST_TEST((back.next == two_partitions.next));
}

BOOST_AUTO_TEST_CASE(an_owner_a_copy_and_redriven_letters_come_back_as_they_were) {
  const owner highest{"0e1f-\"", 12, std::numeric_limits<std::uint64_t>::max()};
  BOOST_TEST((there_and_back(highest) == highest));
  const auto back = there_and_back(copy{"d/out.log.kfs-copy-0a1b2c3d", 77});
  BOOST_TEST(back.name == "d/out.log.kfs-copy-0a1b2c3d");
  BOOST_TEST(back.inode == 77u);
  const std::vector<letter> letters{{0, 2, offset{4}}, {1, 0, offset{9}}};
  BOOST_TEST((there_and_back(write_entry{1, 2, {}, letters}).redriven == letters));
  BOOST_TEST((there_and_back(redriven{250, letters}).letters == letters));
  BOOST_TEST(there_and_back(redriven{250, letters}).length == 250);
}

BOOST_AUTO_TEST_CASE(a_write_is_encoded_in_place_as_it_is_alone_behind_what_is_there) {
  std::string lines = "before\n";
  encode(two_partitions, lines);
  encode(write_entry{250, 250, {}}, lines);
  BOOST_TEST(lines == "before\n" + encode(two_partitions) + encode(write_entry{250, 250, {}}));
}

BOOST_AUTO_TEST_CASE(the_format_on_the_disk_stays_as_it_is) {
  BOOST_TEST(encode(whole{5}) == sealed(R"({"whole":5})") + "\n");
  BOOST_TEST(encode(header{1, "out"}) == sealed(R"({"journal":1,"series":"out"})") + "\n");
  BOOST_TEST(encode(opened{"b", true}) == sealed(R"({"opened":"b","syncs":true})") + "\n");
  BOOST_TEST(encode(source{{"c", "g", "t"}}) == sealed(R"({"source":["c","g","t"]})") + "\n");
  BOOST_TEST(encode(file{"out", 1, 2}) == sealed(R"({"file":"out","length":1,"since":2})") + "\n");
  BOOST_TEST(encode(write_entry{1, 2, {{0, 1, offset{3}}, {0, 2, offset{4}}}}) ==
             sealed(R"({"write":[1,2],"next":[[0,1,3],[0,2,4]]})") + "\n");
  BOOST_TEST(encode(start{{{0, 1, offset{3}}}}) == sealed(R"({"start":[[0,1,3]]})") + "\n");
  BOOST_TEST(encode(start{{{0, 1, offset{3}, "a/1"}}}) == sealed(R"({"start":[[0,1,3,"a/1"]]})") + "\n");
  BOOST_TEST(encode(owner{"a", 2, 7}) == sealed(R"({"owner":["a",2,7]})") + "\n");
  BOOST_TEST(encode(copy{"out.kfs-copy-1", 9}) == sealed(R"({"copy":["out.kfs-copy-1",9]})") + "\n");
  BOOST_TEST(encode(write_entry{1, 2, {{0, 1, offset{3}}}, {{0, 2, offset{4}}}}) ==
             sealed(R"({"write":[1,2],"next":[[0,1,3]],"redriven":[[0,2,4]]})") + "\n");
  BOOST_TEST(encode(redriven{2, {{0, 2, offset{4}}}}) == sealed(R"({"redriven":2,"letters":[[0,2,4]]})") + "\n");
  BOOST_TEST(encode(synced{2, {}}) == sealed(R"({"synced":2,"next":[]})") + "\n");
}

BOOST_AUTO_TEST_CASE(a_line_of_which_one_bit_is_another_is_none) {
  const auto line = without_end(encode(two_partitions));
  for (std::size_t at = 0; at < line.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      auto flipped = line;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << bit));
      // An upper-case digit of the checksum has the same value.
      if (at < 8 && bit == 5 && line[at] >= 'a') continue;
      BOOST_REQUIRE_MESSAGE(!decode(flipped), "byte " << at << ", bit " << bit << ": " << flipped);
    }
  }
}

BOOST_AUTO_TEST_CASE(a_part_of_a_line_is_none) {
  const auto line = without_end(encode(two_partitions));
  for (std::size_t length = 0; length < line.size(); ++length) {
    BOOST_REQUIRE(!decode(line.substr(0, length)));
    BOOST_REQUIRE(!decode(line.substr(line.size() - length)));
  }
  BOOST_TEST(!decode(line + "x"));
  BOOST_TEST(!decode(line + line));
  BOOST_TEST(!decode(std::string(line.size(), '\0')));
}

BOOST_AUTO_TEST_CASE(an_entry_of_an_unknown_kind_is_none) {
  BOOST_REQUIRE(decode(sealed(R"({"whole":5})")).has_value());
  for (const auto* text : {R"({"hole":5})", R"({"":5})", R"({})", R"([])", R"(["whole",5])", R"("whole")", "5", "null",
                           "", "{", R"({"whole":5}{"whole":5})"})
    BOOST_TEST(!decode(sealed(text)), text);
}

BOOST_AUTO_TEST_CASE(an_entry_that_lacks_a_field_or_has_one_of_another_type_is_none) {
  for (const auto* text : {R"({"journal":"1","series":"a"})",
                           R"({"journal":1,"series":2})",
                           R"({"opened":1,"syncs":true})",
                           R"({"opened":"b"})",
                           R"({"opened":"b","syncs":1})",
                           R"({"source":"c"})",
                           R"({"source":["c","g"]})",
                           R"({"source":["c","g",7]})",
                           R"({"file":"f"})",
                           R"({"file":"f","length":"1","since":1})",
                           R"({"file":null,"length":1,"since":1})",
                           R"({"write":[0,1]})",
                           R"({"write":1,"next":[]})",
                           R"({"write":[0],"next":[]})",
                           R"({"write":["0",1],"next":[]})",
                           R"({"write":[0,1],"next":[[0,1]]})",
                           R"({"write":[0,1],"next":[["0",1,2]]})",
                           R"({"write":[0,1],"next":[7]})",
                           R"({"whole":null})",
                           R"({"whole":"5"})",
                           R"({"whole":[5]})",
                           R"({"start":[[0]]})",
                           R"({"start":[0]})",
                           R"({"synced":5})",
                           R"({"synced":"5","next":[]})"})
    BOOST_TEST(!decode(sealed(text)), text);
}

BOOST_AUTO_TEST_CASE(what_is_no_checksum_makes_no_entry) {
  const std::string text = R"({"whole":5})";
  const auto digits = sealed(text).substr(0, 8);
  BOOST_TEST(decode(digits + " " + text).has_value());
  for (const auto& line :
       {digits + text, digits + "\t" + text, " " + digits + " " + text, "+" + digits.substr(1) + " " + text,
        "0x" + digits.substr(2) + " " + text, "-0000001 " + text, "zzzzzzzz " + text})
    BOOST_TEST(!decode(line), line);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace kfs::file_journal_entries_test
