// The message of an error that a test expects.
#pragma once

#include <exception>
#include <string>

namespace arrayflex {

/// The message of the action's error; "no error" where it throws none of that kind.
template <class Error = std::exception, class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace arrayflex
