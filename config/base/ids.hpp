#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace kfs {

/// Identifies a consumer for its whole life: a lower-case UUIDv4 (RFC 9562), made by the server or chosen by the
/// client.
struct consumer_id {
  std::string value;
  auto operator<=>(const consumer_id&) const = default;
};

/// Identifies a processor of one consumer: a lower-case UUIDv4. It survives a change that leaves the processor as it
/// is.
struct processor_id {
  std::string value;
  auto operator<=>(const processor_id&) const = default;
};

/// Numbers the configurations that a consumer has had, from 1. It is the ETag of the REST API.
struct revision {
  std::int64_t value = 0;
  auto operator<=>(const revision&) const = default;
};

/// A position in a partition's log: that of a record, or of the next record to read or to commit.
struct offset {
  std::int64_t value = 0;
  auto operator<=>(const offset&) const = default;
};

/// Numbers the changes of what is wanted: those of all consumers together, in the order in which they became durable. 0
/// where the store does not count them.
struct change_number {
  std::uint64_t value = 0;
  auto operator<=>(const change_number&) const = default;
};

/// A partition of the one topic that a consumer reads.
using partition_number = std::int32_t;

/// Makes a random UUIDv4 in lower case. Threading: may be called from any thread.
std::string make_uuid();

/// True for a lower-case, hyphenated UUIDv4: 8-4-4-4-12 hexadecimal digits, version 4, variant 10.
bool is_uuid(std::string_view text) noexcept;

/// True for a name that a tenant can have: lower case letters, digits and `-`, 1 to 63.
bool is_tenant_name(std::string_view name) noexcept;

}  // namespace kfs

template <>
struct std::hash<kfs::consumer_id> {
  std::size_t operator()(const kfs::consumer_id& id) const noexcept { return std::hash<std::string>{}(id.value); }
};
