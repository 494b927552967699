// The command line of arrayflex-vp.
#pragma once

#include <optional>
#include <string>

#include "virtual_platform.h"

namespace arrayflex::vp {

struct Options {
  std::string firmware_path;
  PlatformParameters platform;
  sc_core::sc_time max_time;
  std::optional<double> max_host_time_seconds;
  bool quiet = false;
  std::optional<std::string> text;  ///< help or version: to be printed instead of a run
};

/// Throws InputError for bad usage, the message being one line.
Options parse_command_line(int argc, const char* const* argv);

}  // namespace arrayflex::vp
