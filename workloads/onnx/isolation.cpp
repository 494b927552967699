#include "workloads/onnx/isolation.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <stdexcept>

#include "arrayflex/core/error.h"

namespace arrayflex::workloads {
namespace {

constexpr rlim_t kProcessorSeconds = 600;
// First character of what comes through the pipe.
constexpr char kResult = 'r';
constexpr char kError = 'e';

bool write_all(int descriptor, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(descriptor, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return false;
    done += static_cast<std::size_t>(count);
  }
  return true;
}

std::string read_all(int descriptor) {
  std::string text;
  char buffer[65536];
  for (;;) {
    const ssize_t count = read(descriptor, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

void limit(int resource, rlim_t value) {
  const rlimit limits{value, value};
  setrlimit(resource, &limits);
}

std::string outcome_of(const std::string& source, const std::function<std::string()>& work) {
  try {
    return kResult + work();
  } catch (const std::bad_alloc&) {
    return kError + fmt::format("{}: not enough memory to read it", source);
  } catch (const std::exception& error) {
    return kError + std::string(error.what());
  }
}

[[noreturn]] void be_child(int pipe_end, const std::string& source,
                           const std::function<std::string()>& work) {
  // The caller's handlers, such as those of Python, are for the caller's process.
  for (const int number : {SIGINT, SIGTERM}) std::signal(number, SIG_DFL);
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // nobody waits for the answer then
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, kProcessorSeconds);
  const int nowhere = open("/dev/null", O_WRONLY);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
  const bool written = write_all(pipe_end, outcome_of(source, work));
  _exit(written ? 0 : 1);  // the parent's buffers and exit handlers are not the child's to run
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) throw std::runtime_error("waitpid: " + std::string(std::strerror(errno)));
  }
  return status;
}

}  // namespace

std::string run_isolated(const std::string& source, const std::function<std::string()>& work) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    throw std::runtime_error("pipe: " + std::string(std::strerror(errno)));
  }
  const pid_t child = fork();
  if (child < 0) {
    const std::string reason = std::strerror(errno);
    close(ends[0]);
    close(ends[1]);
    throw std::runtime_error("fork: " + reason);
  }
  if (child == 0) {
    close(ends[0]);
    be_child(ends[1], source, work);
  }
  close(ends[1]);
  const std::string outcome = read_all(ends[0]);
  close(ends[0]);
  const int status = wait_for(child);
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) {
    throw InputError(fmt::format("{}: reading it took more than {} s of processor time", source,
                                 kProcessorSeconds));
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || outcome.empty()) {
    throw InputError(fmt::format(
        "{}: the onnx library crashed on it{}; the file is damaged or has attributes "
        "that are not valid",
        source, WIFSIGNALED(status) ? fmt::format(" (signal {})", WTERMSIG(status)) : ""));
  }
  if (outcome.front() == kError) throw InputError(outcome.substr(1));
  return outcome.substr(1);
}

}  // namespace arrayflex::workloads
