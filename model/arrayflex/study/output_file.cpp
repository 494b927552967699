#include "arrayflex/study/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <system_error>

#include "arrayflex/core/error.h"

namespace arrayflex::study {
namespace {

namespace fs = std::filesystem;

std::string last_error() { return std::generic_category().message(errno); }

// Where the content goes in the end: rename() would replace a symbolic link, not its target.
fs::path resolve(const std::string& path) {
  std::error_code error;
  const fs::path target = fs::canonical(path, error);
  return error ? fs::path(path) : target;
}

// A temporary file in the target's folder, gone unless renamed. It has no name until then where the
// file system can do that: so even a run that is killed leaves nothing behind.
class TemporaryFile {
 public:
  explicit TemporaryFile(const fs::path& target)
      : path_(target.parent_path() /
              fmt::format(".{}.{}.tmp", target.filename().string(), getpid())) {
    if (open_nameless(target.parent_path())) return;
    descriptor_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    error_ = descriptor_ < 0 ? last_error() : std::string();
    has_name_ = descriptor_ >= 0;
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    if (descriptor_ >= 0) close(descriptor_);
    if (has_name_) unlink(path_.c_str());
  }

  /// Empty when the file could be created.
  const std::string& creation_error() const { return error_; }

  bool write_all(std::string_view content) {
    while (!content.empty()) {
      const ssize_t written = write(descriptor_, content.data(), content.size());
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return false;
      content.remove_prefix(static_cast<std::size_t>(written));
    }
    return true;
  }

  bool sync() { return fsync(descriptor_) == 0; }

  void copy_permissions_of(const fs::path& target) {
    struct stat status {};
    // A mode that cannot be kept is no reason to lose the result.
    if (stat(target.c_str(), &status) == 0 && fchmod(descriptor_, status.st_mode & 0777) != 0)
      return;
  }

  bool rename_to(const fs::path& target) {
    if (!has_name_ && !take_name()) return false;
    const int status = close(descriptor_);
    descriptor_ = -1;
    const bool renamed = status == 0 && rename(path_.c_str(), target.c_str()) == 0;
    has_name_ = !renamed;
    return renamed;
  }

 private:
  bool open_nameless(const fs::path& folder) {
    const char* const name = folder.empty() ? "." : folder.c_str();
    descriptor_ = open(name, O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666);
    if (descriptor_ < 0) return false;
    if (access(link_to_descriptor().c_str(), F_OK) == 0) return true;
    close(descriptor_);  // it could not be given a name later
    descriptor_ = -1;
    return false;
  }

  bool take_name() {
    has_name_ = linkat(AT_FDCWD, link_to_descriptor().c_str(), AT_FDCWD, path_.c_str(),
                       AT_SYMLINK_FOLLOW) == 0;
    return has_name_;
  }

  std::string link_to_descriptor() const { return fmt::format("/proc/self/fd/{}", descriptor_); }

  fs::path path_;
  int descriptor_ = -1;
  std::string error_;
  bool has_name_ = false;
};

}  // namespace

void create_output_directory(const std::string& option, const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !fs::is_directory(path, error)) {
    throw InputError(option, path,
                     fmt::format("must be a folder that exists or can be made ({})",
                                 error ? error.message() : "it is a file"));
  }
}

void require_writable(const std::string& option, const std::string& path) {
  const fs::path target = resolve(path);
  std::error_code error;
  const fs::file_status status = fs::status(target, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    throw InputError(option, path, "must be a regular file or not exist yet");
  }
  if (fs::exists(status) && access(target.c_str(), W_OK) != 0) {
    throw InputError(option, path, fmt::format("must be writable ({})", last_error()));
  }
  const TemporaryFile probe(target);
  if (!probe.creation_error().empty()) {
    throw InputError(
        option, path,
        fmt::format("must lie in a folder that takes new files ({})", probe.creation_error()));
  }
}

void require_distinct(const std::vector<std::string>& outputs,
                      const std::vector<std::string>& inputs) {
  std::set<fs::path> seen;
  for (const std::string& path : outputs) {
    if (!seen.insert(fs::weakly_canonical(fs::absolute(path))).second) {
      throw InputError("output file", path, "each output needs a file of its own");
    }
    for (const std::string& input : inputs) {
      std::error_code error;  // of inputs that are no files, and of outputs that do not exist yet
      if (fs::equivalent(path, input, error)) {
        throw InputError("output file", path, "is read as input; allowed is another file");
      }
    }
  }
}

void write_file(const std::string& path, std::string_view content) {
  const fs::path target = resolve(path);
  TemporaryFile file(target);
  if (!file.creation_error().empty()) {
    throw OutputError(fmt::format("cannot write {}: {}", path, file.creation_error()));
  }
  file.copy_permissions_of(target);
  if (!file.write_all(content) || !file.sync() || !file.rename_to(target)) {
    throw OutputError(fmt::format("cannot write {}: {}", path, last_error()));
  }
}

struct StreamedFile::State {
  explicit State(const std::string& given_path)
      : path(given_path), target(resolve(given_path)), file(target) {}

  std::string path;
  fs::path target;
  TemporaryFile file;
  std::string buffer;
};

StreamedFile::StreamedFile(const std::string& path) : state_(std::make_unique<State>(path)) {
  if (!state_->file.creation_error().empty()) fail(state_->file.creation_error());
  state_->file.copy_permissions_of(state_->target);
}

StreamedFile::~StreamedFile() = default;

void StreamedFile::fail(const std::string& reason) const {
  throw OutputError(fmt::format("cannot write {}: {}", state_->path, reason));
}

void StreamedFile::write(std::string_view text) {
  constexpr std::size_t kBufferBytes = 1 << 16;
  if (state_->buffer.size() + text.size() > kBufferBytes) flush();
  if (text.size() > kBufferBytes) {
    if (!state_->file.write_all(text)) fail(last_error());
    return;
  }
  state_->buffer += text;
}

void StreamedFile::flush() {
  if (!state_->file.write_all(state_->buffer)) fail(last_error());
  state_->buffer.clear();
}

void StreamedFile::commit() {
  flush();
  if (!state_->file.sync() || !state_->file.rename_to(state_->target)) fail(last_error());
}

}  // namespace arrayflex::study
