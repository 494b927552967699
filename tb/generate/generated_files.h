// The common part of the generators: files that are written, or checked against what would be
// written.
#pragma once

#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace arrayflex::generate {

inline std::string read_file(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
}

/// A path below the source folder, and the whole text that the file must have, given its present
/// one.
struct GeneratedFile {
  std::string path;
  std::function<std::string(const std::string& present)> text;
};

/// The command line of a generator: [--check] SOURCE_DIR. Exit status 0: the files are written, or
/// are as they would be written; 1: they are not; 2: wrong usage.
inline int write_or_check(const std::string& program, int argc, char** argv,
                          const std::vector<GeneratedFile>& files) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool check = !arguments.empty() && arguments[0] == "--check";
  if (arguments.size() != (check ? 2U : 1U)) {
    std::cerr << "usage: " << program << " [--check] SOURCE_DIR\n";
    return 2;
  }
  const std::string& root = arguments.back();
  int status = 0;
  for (const GeneratedFile& file : files) {
    const std::string path = root + "/" + file.path;
    const std::string present = read_file(path);
    const std::string text = file.text(present);
    if (present == text) continue;
    if (check) {
      std::cerr << path << " is stale: run " << program << " " << root << "\n";
      status = 1;
    } else if (!(std::ofstream(path, std::ios::binary) << text)) {
      std::cerr << path << ": cannot be written\n";
      return 1;
    }
  }
  return status;
}

}  // namespace arrayflex::generate
