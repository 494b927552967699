#include "run/options/command_options.h"

#include <stdexcept>
#include <vector>

namespace arrayflex::command {
namespace {

using study::Option;
using study::OptionValue;
using study::StudyRequest;
using study::ValueType;

std::string item_of(const Option& option) {
  return study::item_name(study::Wording::options, option.key);
}

CLI::Option* add_flag(CLI::App& app, const Option& option, const Handler& handler) {
  const std::string help = help_text(option);
  if (bool* const* given = std::get_if<bool*>(&handler)) {
    return app.add_flag(option.names, **given, help);
  }
  return app.add_flag(option.names, *std::get<int*>(handler), help);
}

CLI::Option* add_texts(CLI::App& app, const Option& option, StudyRequest& request) {
  const auto take = [&request, &option](const std::vector<std::string>& texts) {
    option.set(request, item_of(option), texts);
  };
  return app.add_option_function<std::vector<std::string>>(option.names, take, help_text(option))
      ->allow_extra_args(false)
      ->take_all();
}

CLI::Option* add_text(CLI::App& app, const Option& option, StudyRequest& request,
                      const Handlers& handlers) {
  const auto own = handlers.find(option.key);
  TakeText take;
  if (own != handlers.end()) {
    take = std::get<TakeText>(own->second);
  } else if (option.set) {
    take = [&request, &option](const std::string& item, const std::string& text) {
      option.set(request, item, parse_value(option.kind, item, text));
    };
  } else {
    throw std::logic_error("nobody takes the option " + option.key);
  }
  const auto callback = [take, item = item_of(option)](const std::string& text) {
    take(item, text);
  };
  return app.add_option_function<std::string>(option.names, callback, help_text(option));
}

}  // namespace

Handler keep(std::string& target) {
  return TakeText([&target](const std::string&, const std::string& text) { target = text; });
}

CLI::Option* add_option(CLI::App& app, const Option& option, StudyRequest& request,
                        const Handlers& handlers) {
  CLI::Option* added = nullptr;
  if (option.kind.type == ValueType::flag) {
    added = add_flag(app, option, handlers.at(option.key));
  } else {
    added = option.kind.type == ValueType::texts ? add_texts(app, option, request)
                                                 : add_text(app, option, request, handlers);
    added->type_name(option.placeholder);
  }
  if (!option.group.empty()) added->group(option.group);
  return added;
}

void add_options(CLI::App& app, study::Commands command, StudyRequest& request,
                 const Handlers& handlers) {
  for (const Option& option : study::all_options()) {
    if ((option.commands & command) != 0) add_option(app, option, request, handlers);
  }
}

}  // namespace arrayflex::command
