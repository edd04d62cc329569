#include "processors/database/table_state.hpp"

#include <fmt/format.h>

#include <string_view>

namespace kfs {
namespace {

/// The rows of pg_class of all partitions below the table `r`.
constexpr std::string_view partitions_below =
    "(WITH RECURSIVE below(id) AS (SELECT inhrelid FROM pg_inherits WHERE inhparent = r.oid UNION ALL SELECT "
    "i.inhrelid "
    "FROM below b JOIN pg_inherits i ON i.inhparent = b.id) SELECT p.* FROM below b JOIN pg_class p ON p.oid = b.id)";

/// What the catalogue says of the parts of a table. xmin is the transaction that wrote a row.
std::string parts_of(std::string_view oid) {
  return fmt::format(
      "(SELECT string_agg(xmin::text, ',' ORDER BY attnum) FROM pg_attribute WHERE attrelid = {0}), "
      "(SELECT string_agg(xmin::text, ',' ORDER BY oid) FROM pg_attrdef WHERE adrelid = {0}), "
      "(SELECT string_agg(concat(oid, '.', xmin), ',' ORDER BY oid) FROM pg_constraint WHERE conrelid = {0}), "
      "(SELECT string_agg(concat(indexrelid, '.', xmin), ',' ORDER BY indexrelid) FROM pg_index WHERE indrelid = {0}), "
      "(SELECT string_agg(concat(oid, '.', xmin), ',' ORDER BY oid) FROM pg_trigger WHERE tgrelid = {0})",
      oid);
}

}  // namespace

std::string table_state_expression(const std::string& wished, const std::string& found) {
  return fmt::format(
      "(SELECT md5(concat_ws(',', to_regclass({0})::oid, to_regclass({1})::oid, r.relowner, r.relrowsecurity, "
      "r.relforcerowsecurity, r.relacl, {2}, "
      "(SELECT string_agg(concat(oid, '.', xmin), ',' ORDER BY oid) FROM pg_policy WHERE polrelid = r.oid), "
      "(SELECT string_agg(concat(oid, '.', xmin), ',' ORDER BY oid) FROM pg_rewrite WHERE ev_class = r.oid), "
      "CASE WHEN r.relkind = 'p' THEN (SELECT string_agg(concat_ws('.', p.oid, md5(p.relpartbound::text), {3}), ',' "
      "ORDER BY p.oid) FROM {4} p) END)) FROM pg_class r WHERE r.oid = to_regclass({1}))",
      wished, found, parts_of("r.oid"), parts_of("p.oid"), partitions_below);
}

std::string table_surroundings_expression(const std::string& found) {
  // Types with smaller oids are PostgreSQL's own, which never change.
  return fmt::format(
      "(SELECT md5(concat_ws(',', "
      "(SELECT string_agg(concat(f.oid, '.', f.xmin), ',' ORDER BY f.oid) FROM pg_proc f WHERE f.oid IN (SELECT tgfoid "
      "FROM pg_trigger WHERE tgrelid = r.oid OR tgrelid IN (SELECT p.oid FROM {1} p))), "
      "(WITH RECURSIVE types(id) AS (SELECT atttypid FROM pg_attribute WHERE attrelid = r.oid AND atttypid >= 16384 "
      "UNION "
      "SELECT part FROM types JOIN pg_type t ON t.oid = types.id CROSS JOIN LATERAL (VALUES (t.typelem), "
      "(t.typbasetype)) "
      "parts(part) WHERE part >= 16384) SELECT string_agg(concat_ws('.', t.oid, t.xmin, "
      "(SELECT string_agg(xmin::text, '.' ORDER BY oid) FROM pg_enum WHERE enumtypid = t.oid), "
      "(SELECT string_agg(concat(oid, '.', xmin), '.' ORDER BY oid) FROM pg_constraint WHERE contypid = t.oid)), ',' "
      "ORDER BY t.oid) FROM types JOIN pg_type t ON t.oid = types.id)"
      ")) FROM pg_class r WHERE r.oid = to_regclass({0}))",
      found, partitions_below);
}

}  // namespace kfs
