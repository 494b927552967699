// The `arrayflex` command.
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <cstdio>
#include <exception>
#include <new>
#include <string>

#include "arrayflex/core/error.h"
#include "arrayflex/core/text.h"
#include "run/commands/commands.h"
#include "run/options/options.h"

namespace {

constexpr int kRunFailed = 1;
constexpr int kBadUsage = 2;

using arrayflex::command::Action;
using arrayflex::command::Options;

void set_up_logging() {
  auto logger = spdlog::stderr_color_mt("arrayflex");
  logger->set_pattern("arrayflex: %^%l%$: %v");
  logger->set_level(spdlog::level::warn);
  spdlog::set_default_logger(logger);
}

void set_log_level(const Options& options) {
  spdlog::level::level_enum level = spdlog::level::warn;
  if (options.output.quiet) level = spdlog::level::err;
  if (options.output.verbosity == 1) level = spdlog::level::info;
  if (options.output.verbosity > 1) level = spdlog::level::debug;
  spdlog::set_level(level);
}

void execute(const Options& options) {
  switch (options.action) {
    case Action::run:
      return arrayflex::command::run_workload(options);
    case Action::gemm:
      return arrayflex::command::run_gemm(options);
    case Action::html_report:
      return arrayflex::command::make_html_report(options);
    case Action::technology:
      return arrayflex::command::show_technology(options.technology);
    case Action::import_model:
      return arrayflex::command::import_model(options.import);
    case Action::list_workloads:
      return arrayflex::command::list_workloads();
    case Action::show_text:
      return arrayflex::command::print(options.text);
  }
}

// Names of files and layers may hold anything; a message stays one line and plain text.
int report_error(const std::string& message, int status) {
  spdlog::error("{}", arrayflex::without_control_characters(message, ' '));
  return status;
}

int run(int argc, char** argv) {
  if (argc == 1) {
    const char* help_arguments[] = {"arrayflex", "--help"};
    std::fputs(arrayflex::command::parse_command_line(2, help_arguments).text.c_str(), stderr);
    return kBadUsage;
  }
  const Options options = arrayflex::command::parse_command_line(argc, argv);
  set_log_level(options);
  execute(options);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  set_up_logging();
  try {
    return run(argc, argv);
  } catch (const arrayflex::InputError& error) {
    return report_error(error.what(), kBadUsage);
  } catch (const arrayflex::OverflowError& error) {
    return report_error(error.what(), kBadUsage);
  } catch (const std::bad_alloc&) {
    return report_error("out of memory", kRunFailed);
  } catch (const std::exception& error) {
    return report_error(error.what(), kRunFailed);
  }
}
