// Options on the command line, from the table of options.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <map>
#include <string>
#include <variant>

#include "arrayflex/study/options/option.h"

namespace arrayflex::command {

/// Takes the text of an option, checked as far as the table can; `item` is how messages name it.
using TakeText = std::function<void(const std::string& item, const std::string& text)>;

/// The command's own way with an option: a text, a flag, a flag that counts.
using Handler = std::variant<TakeText, bool*, int*>;

/// By the option's key. An entry also stands in place of what the table would do.
using Handlers = std::map<std::string, Handler>;

/// A handler that keeps the text.
Handler keep(std::string& target);

/// One option of the command line. Its value goes where `handlers` say, else into the request.
CLI::Option* add_option(CLI::App& app, const study::Option& option, study::StudyRequest& request,
                        const Handlers& handlers = {});

/// All options of a command, in the order of the table.
void add_options(CLI::App& app, study::Commands command, study::StudyRequest& request,
                 const Handlers& handlers);

}  // namespace arrayflex::command
