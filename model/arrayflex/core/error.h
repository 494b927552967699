// Errors of the core library. Everything a caller can do wrong ends in one of these two.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace arrayflex {

/// Bad input: a parameter, file, tensor or command that cannot be used. The message names the
/// item, its value and what is allowed.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
  /// Message: "<item> = <value>: <allowed>".
  InputError(const std::string& item, const std::string& value, const std::string& allowed);
  InputError(const std::string& item, std::int64_t value, const std::string& allowed);
};

/// An exact count left the range 0..2^63-1. Counts never wrap silently.
class OverflowError : public std::overflow_error {
 public:
  using std::overflow_error::overflow_error;
};

}  // namespace arrayflex
