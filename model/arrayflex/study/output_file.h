// Files that appear complete or not at all.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "arrayflex/study/errors.h"

namespace arrayflex::study {

/// Creates the folder (and those above it) unless it exists. Throws InputError naming the option.
void create_output_directory(const std::string& option, const std::string& path);

/// Throws InputError naming the option unless a file can be put at `path`: its folder exists and
/// takes new files, and what is there already, if anything, is a regular file.
void require_writable(const std::string& option, const std::string& path);

/// Throws InputError when two of the outputs are the same file, or one of them is an input. Inputs
/// that are no files (names, or empty) do not count.
void require_distinct(const std::vector<std::string>& outputs,
                      const std::vector<std::string>& inputs);

/// Puts the content at `path` at once: written to a temporary file in the same folder, flushed to
/// the disk, then renamed. A symbolic link is followed. Throws OutputError; the temporary file is
/// then gone and what was at `path` still is.
void write_file(const std::string& path, std::string_view content);

/// The same for content that comes in pieces: it goes to the temporary file through a buffer of
/// fixed size, commit() puts it at `path`. Without commit() nothing is left behind. All throw
/// OutputError.
class StreamedFile {
 public:
  explicit StreamedFile(const std::string& path);
  ~StreamedFile();
  StreamedFile(const StreamedFile&) = delete;
  StreamedFile& operator=(const StreamedFile&) = delete;

  void write(std::string_view text);
  void commit();

 private:
  void flush();
  [[noreturn]] void fail(const std::string& reason) const;

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace arrayflex::study
