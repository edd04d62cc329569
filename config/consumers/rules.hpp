#pragma once

#include <tl/expected.hpp>
#include <vector>

#include "config/base/address_policy.hpp"
#include "config/consumers/change.hpp"
#include "config/consumers/processor_rules.hpp"
#include "config/schema/option_schema.hpp"
#include "config/secrets/secret_source.hpp"

namespace kfs {

/// A T, or every mistake that the body has.
template <class T>
using validated = tl::expected<T, std::vector<violation>>;

/// What a consumer may be: decides whether the body of a POST or PUT is accepted and what it means.
///
/// Each violation's `loc` begins with "body".
///
/// Ownership: one per process, made by main(); what the constructor is given must outlive it.
/// Threading: the methods may be called from any thread. A check of a path may read the file system.
class consumer_rules {
 public:
  /// `allowed_brokers`: the hosts that may be named. `defaults`: what holds where a consumer's options say nothing.
  /// `secrets`: to which a consumer may refer.
  consumer_rules(const address_policy& allowed_brokers, const policy_defaults& defaults,
                 const processor_catalog& processors, secret_source secrets = {});

  /// What the body of POST /consumers asks for. `all_consumers` is called only for a body that may be in the way of
  /// another consumer; without it nothing of that kind is checked.
  [[nodiscard]] validated<consumer_request> creation(const json& body, const consumer_lister& all_consumers = {}) const;

  /// What the body of PUT /consumers/{id} asks for. A masked secret that comes back means the secret in `stored`.
  [[nodiscard]] validated<consumer_change> change(const json& body, const consumer_spec& stored,
                                                  const consumer_lister& all_consumers = {}) const;

  /// A copy in which every secret of the options and of the processors' configs is masked.
  [[nodiscard]] consumer_spec masked(const consumer_spec& spec) const;

 private:
  class body_check;

  [[nodiscard]] json with_stored_secrets(const json& body, const consumer_spec& stored) const;

  const address_policy& allowed_brokers_;
  const policy_defaults& defaults_;
  secret_source secrets_;
  processor_rules processors_;
  object_schema creation_schema_;
  object_schema change_schema_;
};

}  // namespace kfs
