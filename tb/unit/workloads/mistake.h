// A file that a reader of workloads/ must refuse, for parameterised tests.
#pragma once

#include <ostream>
#include <string>

namespace arrayflex::workloads {

struct Mistake {
  const char* what;     ///< shown as the test's parameter
  std::string text;     ///< of the file
  std::string where;    ///< the message starts with it
  const char* allowed;  ///< and holds it
};

inline void PrintTo(const Mistake& mistake, std::ostream* os) { *os << mistake.what; }

}  // namespace arrayflex::workloads
