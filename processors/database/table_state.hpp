#pragma once

#include <string>

namespace kfs {

/// An expression for statements: a text that changes with every change of a table that its catalogue rows tell. These
/// are columns, types, defaults, constraints, indexes, triggers, rules, row security, grants, owner, and which table
/// the wished name means; of partitions, which there are and their bounds, columns, constraints, indexes and triggers.
///
/// Cheap enough for each commit. `wished` and `found` are the table's name as configured and with its schema, as
/// literals.
std::string table_state_expression(const std::string& wished, const std::string& found);

/// The same for what the rows of a table depend on besides: functions of triggers, labels of enumerations, constraints
/// of domains. Takes as long again, so it is for when records are rejected.
std::string table_surroundings_expression(const std::string& found);

}  // namespace kfs
