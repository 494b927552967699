// Runs a function in a child process.
//
// The onnx library divides by attributes and indexes by values of the file without checking all of
// them: a damaged file can end the process that reads it. That process is a child.
//
// A fork, not a helper program: a helper would have to be found by the installed command, by the
// Python module and by programs that link the library statically. Forking a process with threads is
// safe here because of what the child uses: malloc, which glibc makes usable after a fork, and the
// onnx library, which the parent never calls, so that no thread of the parent can hold a lock of
// it.
#pragma once

#include <functional>
#include <string>

namespace arrayflex::workloads {

/// The text that `work` returns in a child process, whose error output is discarded. Throws
/// InputError: with the message of a std::exception that `work` threw, or naming `source` when the
/// child crashed or used more than ten minutes of processor time; std::runtime_error when there can
/// be no child.
std::string run_isolated(const std::string& source, const std::function<std::string()>& work);

}  // namespace arrayflex::workloads
