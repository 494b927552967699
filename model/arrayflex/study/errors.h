// How a study can end besides InputError and OverflowError.
#pragma once

#include <stdexcept>

namespace arrayflex::study {

/// A product could not be run to its end, for a reason of the accelerator's.
class JobFailed : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A file of the result could not be written while the study ran.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The caller's StudyHooks::cancelled said so.
class Cancelled : public std::runtime_error {
 public:
  Cancelled() : std::runtime_error("cancelled") {}
};

}  // namespace arrayflex::study
